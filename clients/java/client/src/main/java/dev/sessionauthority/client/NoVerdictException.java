package dev.sessionauthority.client;

/**
 * It is unknown whether the user is signed in. Respond with 503; never treat it as "signed in" or as "signed out". The
 * cause is a {@link CallException}.
 */
public final class NoVerdictException extends SessionAuthorityException {
  private static final long serialVersionUID = 1L;

  /** The failed call. */
  private final CallException call;

  NoVerdictException(CallException call) {
    super("no verdict on the session: " + call.getMessage(), call);
    this.call = call;
  }

  /**
   * Returns the failure of the call.
   *
   * @return the failure
   */
  public CallException call() {
    return call;
  }
}
