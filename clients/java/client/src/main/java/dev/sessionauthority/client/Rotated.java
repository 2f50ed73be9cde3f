package dev.sessionauthority.client;

/**
 * A session with its new token.
 *
 * @param token the token, which replaces that of the call
 * @param session the session, which stays the same
 */
public record Rotated(Token token, ActiveSession session) {}
