package dev.sessionauthority.client;

/** The session is active, but the user must authenticate again, or more strongly, for this request. */
public final class StepUpRequiredException extends SessionAuthorityException {
  private static final long serialVersionUID = 1L;

  private final transient StepUp stepUp;

  StepUpRequiredException(StepUp stepUp) {
    super("step-up authentication required: " + stepUp.message(), null);
    this.stepUp = stepUp;
  }

  /**
   * Returns the verdict.
   *
   * @return what is required
   */
  public StepUp stepUp() {
    return stepUp;
  }
}
