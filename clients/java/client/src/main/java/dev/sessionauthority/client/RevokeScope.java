package dev.sessionauthority.client;

/** Whose sessions {@link SessionAuthorityClient#revokeAll} ends. */
public sealed interface RevokeScope {
  /**
   * One user.
   *
   * @param tenantId the tenant of the user; {@code default} if empty
   * @param userId the user
   */
  record User(String tenantId, String userId) implements RevokeScope {
    /**
     * A user of the tenant {@code default}.
     *
     * @param userId the user
     */
    public User(String userId) {
      this("", userId);
    }
  }

  /**
   * All users of one tenant.
   *
   * @param tenantId the tenant
   */
  record Tenant(String tenantId) implements RevokeScope {}

  /** All users of all tenants. */
  record Everyone() implements RevokeScope {}
}
