package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Activity;
import dev.sessionauthority.session.v1.ClientContext;
import dev.sessionauthority.session.v1.Consistency;
import dev.sessionauthority.session.v1.ValidateRequest;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * A validation of a token and its requirements.
 *
 * @param token the token as sent by the client, without a scheme such as {@code Bearer}
   * @param client the client that sent the token, if known; without it, a policy that binds sessions to an address
   *     or device
 *     does not check it
 * @param consistency the maximum staleness of the verdict
 * @param activity whether the validation counts as activity of the user
 * @param maxAuthAge the maximum age of the user's authentication; any age is accepted if absent
 * @param minAssuranceLevel the minimum assurance level, 0 to 100
 */
public record Validation(
    Token token,
    Optional<ClientContext> client,
    Consistency consistency,
    Activity activity,
    Optional<Duration> maxAuthAge,
    int minAssuranceLevel) {
  /**
   * Checks that nothing is absent.
   *
   * @param token the token as sent by the client, without a scheme such as {
   * @param client the client that sent the token, if known; without it, a policy that binds sessions to an address
   *     or device does not check it
   * @param consistency the maximum staleness of the verdict
   * @param activity whether the validation counts as activity of the user
   * @param maxAuthAge the maximum age of the user's authentication; any age is accepted if absent
   * @param minAssuranceLevel the minimum assurance level, 0 to 100
   */
  public Validation {
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(consistency, "consistency");
    Objects.requireNonNull(activity, "activity");
    Objects.requireNonNull(maxAuthAge, "maxAuthAge");
  }

  /**
   * Returns a validation without requirements.
   *
   * @param token the token
   * @return the validation
   */
  public static Validation of(Token token) {
    return new Validation(
        token,
        Optional.empty(),
        Consistency.CONSISTENCY_UNSPECIFIED,
        Activity.ACTIVITY_UNSPECIFIED,
        Optional.empty(),
        0);
  }

  /**
   * Returns this validation for a client.
   *
   * @param context the client that sent the token
   * @return the validation
   */
  public Validation withClient(ClientContext context) {
    return new Validation(token, Optional.of(context), consistency, activity, maxAuthAge, minAssuranceLevel);
  }

  /**
   * Returns this validation for a request that a page makes by itself: it does not count as activity.
   *
   * @return the validation
   */
  public Validation withoutActivity() {
    return new Validation(token, client, consistency, Activity.ACTIVITY_PEEK, maxAuthAge, minAssuranceLevel);
  }

  /**
   * Returns this validation with requirements. Roles are not part of it.
   *
   * @param required the requirements
   * @return the validation
   */
  public Validation withRequirements(Requirements required) {
    Consistency needed = required.strong() ? Consistency.CONSISTENCY_STRONG : consistency;
    return new Validation(token, client, needed, activity, required.maxAuthAge(), required.minAssuranceLevel());
  }

  /**
   * Returns this validation of another token.
   *
   * @param other the token
   * @return the validation
   */
  public Validation withToken(Token other) {
    return new Validation(other, client, consistency, activity, maxAuthAge, minAssuranceLevel);
  }

  ValidateRequest message() {
    ValidateRequest.Builder message =
        ValidateRequest.newBuilder()
            .setToken(token.wireText())
            .setConsistency(consistency)
            .setActivity(activity)
            .setMinAssuranceLevel(minAssuranceLevel);
    client.ifPresent(context -> message.setClient(Text.transmissible(context)));
    maxAuthAge.ifPresent(age -> message.setMaxAuthAge(Times.message(age)));
    return message.build();
  }
}
