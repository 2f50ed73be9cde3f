package dev.sessionauthority.client;

/** The client refuses its options. Nothing was sent. */
public final class ConfigurationException extends SessionAuthorityException {
  private static final long serialVersionUID = 1L;

  ConfigurationException(String message) {
    super(message, null);
  }

  ConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }
}
