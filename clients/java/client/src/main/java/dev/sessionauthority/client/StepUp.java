package dev.sessionauthority.client;

import java.time.Duration;
import java.util.Optional;

/**
 * The verdict that the session is active, but the user must authenticate again, or more strongly, for this request.
 *
 * @param sessionId the session of the token
 * @param message one English sentence for display
 * @param assuranceLevel the level that the session lacks, 0 if its level is sufficient
 * @param maxAuthAge the age that the authentication exceeds, if it does
 */
public record StepUp(String sessionId, String message, int assuranceLevel, Optional<Duration> maxAuthAge)
    implements Verdict {}
