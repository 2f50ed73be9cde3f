package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Alert;
import dev.sessionauthority.session.v1.Gap;
import java.util.Optional;

/**
 * An alert, or a report that alerts were missed. Exactly one of both is present.
 *
 * @param alert the alert
 * @param gap the report that alerts between two positions were not sent
 * @param cursor the position after this event; store it when the event has been processed, and pass it as {@code
 *     resume_cursor} after a restart of the program
 */
public record AlertEvent(Optional<Alert> alert, Optional<Gap> gap, String cursor) {}
