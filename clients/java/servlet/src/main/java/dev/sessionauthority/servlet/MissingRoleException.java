package dev.sessionauthority.servlet;

/** The session has none of the required roles: 403. */
public final class MissingRoleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MissingRoleException() {
    super("the session lacks a required role");
  }
}
