package dev.sessionauthority.client;

/** The token opens no session, or not for this request. Respond with 401. */
public final class RejectedException extends SessionAuthorityException {
  private static final long serialVersionUID = 1L;

  private final transient Rejection rejection;

  RejectedException(Rejection rejection) {
    super("session rejected: " + rejection.reasonName() + ": " + rejection.message(), null);
    this.rejection = rejection;
  }

  /**
   * Returns the verdict.
   *
   * @return the rejection
   */
  public Rejection rejection() {
    return rejection;
  }
}
