package dev.sessionauthority.servlet;

/** A page of another site sent the request: 403. */
public final class CrossSiteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CrossSiteException() {
    super("the request comes from another site");
  }
}
