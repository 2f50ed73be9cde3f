package dev.sessionauthority.client;

import java.util.Optional;

/**
 * An updated session.
 *
 * @param session the session with its new values
 * @param token the new token, if the request asked for one
 */
public record Updated(ActiveSession session, Optional<Token> token) {}
