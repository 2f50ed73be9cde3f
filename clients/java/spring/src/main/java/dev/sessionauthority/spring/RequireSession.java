package dev.sessionauthority.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Requirements on the session of a controller argument of the type {@link dev.sessionauthority.client.ActiveSession}. Without
 * this annotation, any active session suffices.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface RequireSession {
  /**
   * Returns the maximum age of the authentication, such as {@code PT5M} (ISO 8601).
   *
   * @return the age; any age is accepted if empty
   */
  String maxAuthAge() default "";

  /**
   * Returns the minimum assurance level.
   *
   * @return the level, 0 to 100
   */
  int minAssuranceLevel() default 0;

  /**
   * Returns whether the verdict must include every change acknowledged before the request.
   *
   * @return whether consistency is strong
   */
  boolean strong() default false;

  /**
   * Returns the roles of which the session must have at least one.
   *
   * @return the roles; none is required if empty
   */
  String[] anyRole() default {};
}
