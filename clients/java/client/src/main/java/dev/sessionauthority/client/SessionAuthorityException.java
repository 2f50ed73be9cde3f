package dev.sessionauthority.client;

/** Whatever the client throws. Its message contains no token and no API key. */
public abstract sealed class SessionAuthorityException extends RuntimeException
    permits CallException,
        ConfigurationException,
        NoVerdictException,
        RejectedException,
        StepUpRequiredException {
  private static final long serialVersionUID = 1L;

  SessionAuthorityException(String message, Throwable cause) {
    super(message, cause);
  }
}
