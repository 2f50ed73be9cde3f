package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.RejectReason;
import java.time.Instant;
import java.util.Optional;

/**
 * The verdict that a token opens no session, or not for this request.
 *
 * @param reason the reason; treat an unknown value like UNKNOWN
 * @param message one English sentence for display, the same for every rejection with this reason
 * @param endedAt when the session ended, if it has
 * @param actor who ended the session, empty if unknown
 * @param statedReason why the session ended, in the words of the call that ended it; show it to the user only if your
 *     callers write it for users
 * @param sessionId the session to which the token belongs or belonged, empty if unknown
 */
public record Rejection(
    RejectReason reason,
    String message,
    Optional<Instant> endedAt,
    String actor,
    String statedReason,
    String sessionId)
    implements Verdict {
  /**
   * Returns the name of the reason, such as {@code REVOKED}.
   *
   * @return the name, {@code UNKNOWN} for a value that this release does not know
   */
  public String reasonName() {
    return switch (reason) {
      case UNRECOGNIZED, REJECT_REASON_UNSPECIFIED -> "UNKNOWN";
      default -> reason.name().substring("REJECT_REASON_".length());
    };
  }
}
