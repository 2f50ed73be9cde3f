package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Session;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * An active session, as of one validation. It contains no secret.
 *
 * @param message the session as in the contract
 * @param rotateAfter the time from which the token should be replaced by {@link SessionAuthorityClient#rotate}, if any
 */
public record ActiveSession(Session message, Optional<Instant> rotateAfter) implements Verdict {
  /**
   * Checks that nothing is absent.
   *
   * @param message the session as in the contract
   * @param rotateAfter the time from which the token should be replaced by {
   */
  public ActiveSession {
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(rotateAfter, "rotateAfter");
  }

  /**
   * Returns the ID of the session.
   *
   * @return the ID, which is safe to log
   */
  public String sessionId() {
    return message.getSessionId();
  }

  /**
   * Returns the user of the session.
   *
   * @return the user ID
   */
  public String userId() {
    return message.getUserId();
  }

  /**
   * Returns the tenant of the user.
   *
   * @return the tenant ID
   */
  public String tenantId() {
    return message.getTenantId();
  }

  /**
   * Returns the roles of the user.
   *
   * @return the roles, as supplied when the session was created
   */
  public List<String> roles() {
    return message.getRolesList();
  }

  /**
   * Returns whether the token should be replaced.
   *
   * @param now the current time
   * @return whether the time to rotate has come
   */
  public boolean shouldRotate(Instant now) {
    return rotateAfter.filter(time -> !now.isBefore(time)).isPresent();
  }
}
