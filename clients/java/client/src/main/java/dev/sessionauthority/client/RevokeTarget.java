package dev.sessionauthority.client;

/** The sessions that {@link SessionAuthorityClient#revoke} ends. */
public sealed interface RevokeTarget permits Token, RevokeTarget.SessionId, RevokeTarget.DeviceId {
  /**
   * The session with an ID.
   *
   * @param id the ID of the session
   */
  record SessionId(String id) implements RevokeTarget {}

  /**
   * Every session of the user on a device.
   *
   * @param id the ID of the device
   */
  record DeviceId(String id) implements RevokeTarget {}
}
