package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Alert;
import dev.sessionauthority.session.v1.EndedSession;
import java.util.List;

/**
 * A new session with its token.
 *
 * @param token the token, for the user's device; it cannot be retrieved later
 * @param session the new session
 * @param ended sessions of the user that were replaced or evicted by the new one
 * @param alerts alerts about this sign-in, which the alert stream delivers too
 */
public record Created(Token token, ActiveSession session, List<EndedSession> ended, List<Alert> alerts) {}
