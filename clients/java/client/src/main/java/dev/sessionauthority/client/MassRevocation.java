package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Everyone;
import dev.sessionauthority.session.v1.RevokeAllRequest;
import dev.sessionauthority.session.v1.TenantScope;
import dev.sessionauthority.session.v1.UserScope;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A revocation of all sessions in a scope.
 *
 * @param scope whose sessions to end
 * @param exceptToken the token of a session of the user to keep, if any
 * @param exceptSessionId the ID of a session of the user to keep; none if empty
 * @param reason the reason, which is recorded; none if empty
 * @param actor on whose behalf the caller acts, which is recorded; nobody if empty
 * @param operationId identifies this revocation in repeated calls, so that a retry ends no session that started later
 * @param compromised whether somebody other than the user had signed in
 */
public record MassRevocation(
    RevokeScope scope,
    Optional<Token> exceptToken,
    String exceptSessionId,
    String reason,
    String actor,
    String operationId,
    boolean compromised) {
  /**
   * Rejects null arguments, and generates an operation ID if it is empty.
   *
   * @param scope whose sessions to end
   * @param exceptToken the token of a session of the user to keep, if any
   * @param exceptSessionId the ID of a session of the user to keep; none if empty
   * @param reason the reason, which is recorded; none if empty
   * @param actor on whose behalf the caller acts, which is recorded; nobody if empty
   * @param operationId identifies this revocation in repeated calls, so that a retry ends no session that started later
   * @param compromised whether somebody other than the user had signed in
   */
  public MassRevocation {
    Objects.requireNonNull(scope, "scope");
    Objects.requireNonNull(exceptToken, "exceptToken");
    operationId = operationId.isEmpty() ? UUID.randomUUID().toString() : operationId;
  }

  /**
   * Returns a revocation with an operation ID of its own.
   *
   * @param scope whose sessions to end
   * @return the revocation
   */
  public static MassRevocation of(RevokeScope scope) {
    return new MassRevocation(scope, Optional.empty(), "", "", "", "", false);
  }

  /**
   * Returns this revocation except for the session of a token.
   *
   * @param token the token
   * @return the revocation
   */
  public MassRevocation except(Token token) {
    return new MassRevocation(scope, Optional.of(token), exceptSessionId, reason, actor, operationId, compromised);
  }

  /**
   * Returns this revocation with what is recorded about it.
   *
   * @param newReason the reason
   * @param newActor on whose behalf the caller acts
   * @return the revocation
   */
  public MassRevocation because(String newReason, String newActor) {
    return new MassRevocation(scope, exceptToken, exceptSessionId, newReason, newActor, operationId, compromised);
  }

  RevokeAllRequest message() {
    RevokeAllRequest.Builder message =
        RevokeAllRequest.newBuilder()
            .setExceptSessionId(exceptSessionId)
            .setReason(reason)
            .setActor(actor)
            .setOperationId(operationId)
            .setCompromised(compromised);
    exceptToken.ifPresent(token -> message.setExceptToken(token.wireText()));
    if (scope instanceof RevokeScope.User user) {
      message.setUser(UserScope.newBuilder().setTenantId(user.tenantId()).setUserId(user.userId()));
    } else if (scope instanceof RevokeScope.Tenant tenant) {
      message.setTenant(TenantScope.newBuilder().setTenantId(tenant.tenantId()));
    } else {
      message.setEveryone(Everyone.getDefaultInstance());
    }
    return message.build();
  }
}
