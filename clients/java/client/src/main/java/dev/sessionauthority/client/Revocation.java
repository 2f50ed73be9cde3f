package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.RevokeRequest;
import java.util.Objects;

/**
 * A revocation of one session, or of the sessions of one device.
 *
 * @param target the sessions
 * @param tenantId the tenant of the user; {@code default} if empty and {@code userId} is not
 * @param userId the user to whom the session must belong, required with a device; a back end that acts for a signed-in
 *     user must set it, so that nobody can end another user's session
 * @param reason the reason, which is recorded; none if empty
 * @param actor on whose behalf the caller acts, which is recorded; nobody if empty
 * @param signOut whether the user signs out of the session
 * @param compromised whether somebody other than the user had signed in
 */
public record Revocation(
    RevokeTarget target,
    String tenantId,
    String userId,
    String reason,
    String actor,
    boolean signOut,
    boolean compromised) {
  /**
   * Checks that nothing is absent.
   *
   * @param target the sessions
   * @param tenantId the tenant of the user; {
   * @param userId the user to whom the session must belong, required with a device; a back end that acts for a
   *     signed-in user must set it, so that nobody can end another user's session
   * @param reason the reason, which is recorded; none if empty
   * @param actor on whose behalf the caller acts, which is recorded; nobody if empty
   * @param signOut whether the user signs out of the session
   * @param compromised whether somebody other than the user had signed in
   */
  public Revocation {
    Objects.requireNonNull(target, "target");
  }

  /**
   * Returns a revocation of sessions of any user. A back end that acts for a signed-in user calls {@link #ofUser}.
   *
   * @param target the sessions
   * @return the revocation
   */
  public static Revocation of(RevokeTarget target) {
    return new Revocation(target, "", "", "", "", false, false);
  }

  /**
   * Returns this revocation for sessions of one user only.
   *
   * @param tenant the tenant of the user; {@code default} if empty
   * @param user the user
   * @return the revocation
   */
  public Revocation ofUser(String tenant, String user) {
    return new Revocation(target, tenant, user, reason, actor, signOut, compromised);
  }

  /**
   * Returns this revocation with what is recorded about it.
   *
   * @param newReason the reason
   * @param newActor on whose behalf the caller acts
   * @return the revocation
   */
  public Revocation because(String newReason, String newActor) {
    return new Revocation(target, tenantId, userId, newReason, newActor, signOut, compromised);
  }

  /**
   * Returns this revocation as a sign-out by the user.
   *
   * @return the revocation
   */
  public Revocation asSignOut() {
    return new Revocation(target, tenantId, userId, reason, actor, true, compromised);
  }

  RevokeRequest message() {
    RevokeRequest.Builder message =
        RevokeRequest.newBuilder()
            .setTenantId(tenantId)
            .setUserId(userId)
            .setReason(reason)
            .setActor(actor)
            .setSignOut(signOut)
            .setCompromised(compromised);
    if (target instanceof Token token) {
      message.setToken(token.wireText());
    } else if (target instanceof RevokeTarget.SessionId session) {
      message.setSessionId(session.id());
    } else if (target instanceof RevokeTarget.DeviceId device) {
      message.setDeviceId(device.id());
    }
    return message.build();
  }
}
