package dev.sessionauthority.servlet;

/** The request has no token, or different ones: 401. */
public final class NoSessionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NoSessionException(String message) {
    super(message);
  }
}
