package dev.sessionauthority.client;

import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;

/**
 * What a handler or a method requires of a session besides being active.
 *
 * @param maxAuthAge the maximum age of the user's authentication; any age is accepted if absent
 * @param minAssuranceLevel the minimum assurance level, 0 to 100
 * @param strong whether the verdict must include every change acknowledged before the request
 * @param anyRole at least one of these roles; none is required if empty
 */
public record Requirements(
    Optional<Duration> maxAuthAge, int minAssuranceLevel, boolean strong, Set<String> anyRole) {
  /** Nothing more than an active session. */
  public static final Requirements NONE = new Requirements(Optional.empty(), 0, false, Set.of());

  /**
   * Copies the roles.
   *
   * @param maxAuthAge the maximum age of the user's authentication; any age is accepted if absent
   * @param minAssuranceLevel the minimum assurance level, 0 to 100
   * @param strong whether the verdict must include every change acknowledged before the request
   * @param anyRole at least one of these roles; none is required if empty
   */
  public Requirements {
    anyRole = Set.copyOf(anyRole);
  }

  /**
   * Returns these requirements with a maximum age of the authentication.
   *
   * @param age the age
   * @return the requirements
   */
  public Requirements withMaxAuthAge(Duration age) {
    return new Requirements(Optional.of(age), minAssuranceLevel, strong, anyRole);
  }

  /**
   * Returns these requirements with a minimum assurance level.
   *
   * @param level the level
   * @return the requirements
   */
  public Requirements withMinAssuranceLevel(int level) {
    return new Requirements(maxAuthAge, level, strong, anyRole);
  }

  /**
   * Returns these requirements with a verdict that includes every change acknowledged before the request.
   *
   * @return the requirements
   */
  public Requirements withStrongConsistency() {
    return new Requirements(maxAuthAge, minAssuranceLevel, true, anyRole);
  }

  /**
   * Returns these requirements with at least one of the roles.
   *
   * @param roles the roles
   * @return the requirements
   */
  public Requirements withAnyRole(String... roles) {
    return new Requirements(maxAuthAge, minAssuranceLevel, strong, Set.of(roles));
  }

  /**
   * Returns whether a session that was validated without requirements may not suffice.
   *
   * @return whether another validation is needed
   */
  public boolean needValidation() {
    return maxAuthAge.isPresent() || minAssuranceLevel > 0 || strong;
  }

  /**
   * Returns whether the session has one of the required roles.
   *
   * @param session the session
   * @return whether its roles suffice
   */
  public boolean admitRoles(ActiveSession session) {
    return anyRole.isEmpty() || !Collections.disjoint(anyRole, session.roles());
  }
}
