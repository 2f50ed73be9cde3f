package dev.sessionauthority.conformance;

import com.google.protobuf.Message;
import dev.sessionauthority.client.Created;
import dev.sessionauthority.client.MassRevocation;
import dev.sessionauthority.client.Revocation;
import dev.sessionauthority.client.RevokeScope;
import dev.sessionauthority.client.RevokeTarget;
import dev.sessionauthority.client.Rotated;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.client.Token;
import dev.sessionauthority.client.Updated;
import dev.sessionauthority.session.v1.AckAlertRequest;
import dev.sessionauthority.session.v1.AckRequest;
import dev.sessionauthority.session.v1.AddWebhookRequest;
import dev.sessionauthority.session.v1.AnswerLinkRequest;
import dev.sessionauthority.session.v1.CheckRequest;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.session.v1.CreateResponse;
import dev.sessionauthority.session.v1.DenyRequest;
import dev.sessionauthority.session.v1.EnableWebhookRequest;
import dev.sessionauthority.session.v1.ExtendRequest;
import dev.sessionauthority.session.v1.ForgetUserRequest;
import dev.sessionauthority.session.v1.GetQueueStatsRequest;
import dev.sessionauthority.session.v1.GetRequest;
import dev.sessionauthority.session.v1.GetResponse;
import dev.sessionauthority.session.v1.GetStatsRequest;
import dev.sessionauthority.session.v1.LeaseRequest;
import dev.sessionauthority.session.v1.ListAlertsRequest;
import dev.sessionauthority.session.v1.ListDeadLettersRequest;
import dev.sessionauthority.session.v1.ListEventsRequest;
import dev.sessionauthority.session.v1.ListNodesRequest;
import dev.sessionauthority.session.v1.ListRequest;
import dev.sessionauthority.session.v1.ListResponse;
import dev.sessionauthority.session.v1.ListTenantsRequest;
import dev.sessionauthority.session.v1.PurgeResponse;
import dev.sessionauthority.session.v1.RemoveWebhookRequest;
import dev.sessionauthority.session.v1.ReplayWebhookRequest;
import dev.sessionauthority.session.v1.ReportAuthEventRequest;
import dev.sessionauthority.session.v1.RequeueRequest;
import dev.sessionauthority.session.v1.RevokeAllRequest;
import dev.sessionauthority.session.v1.RevokeRequest;
import dev.sessionauthority.session.v1.RotateRequest;
import dev.sessionauthority.session.v1.RotateResponse;
import dev.sessionauthority.session.v1.SearchSessionsRequest;
import dev.sessionauthority.session.v1.TestWebhookRequest;
import dev.sessionauthority.session.v1.TouchRequest;
import dev.sessionauthority.session.v1.TouchResponse;
import dev.sessionauthority.session.v1.UpdateRequest;
import dev.sessionauthority.session.v1.UpdateResponse;
import dev.sessionauthority.session.v1.UpdateWebhookRequest;
import java.io.IOException;
import java.util.Optional;

/** Calls by the names of their methods, with messages of the contract. */
final class Methods {
  private Methods() {}

  static Message call(SessionAuthorityClient client, Operation operation) throws IOException {
    String method = operation.requiredText("method");
    return switch (method) {
      case "Create" -> create(client, request(operation, CreateRequest.getDefaultInstance()));
      case "Update" -> update(client, request(operation, UpdateRequest.getDefaultInstance()));
      case "Rotate" -> rotate(client, request(operation, RotateRequest.getDefaultInstance()));
      case "Get" ->
          GetResponse.newBuilder()
              .setSession(client.get(request(operation, GetRequest.getDefaultInstance())).message())
              .build();
      case "List" ->
          ListResponse.newBuilder()
              .addAllSessions(client.list(request(operation, ListRequest.getDefaultInstance())))
              .build();
      case "Touch" ->
          TouchResponse.newBuilder()
              .addAllSessions(
                  client.touch(request(operation, TouchRequest.getDefaultInstance()).getTouchesList()))
              .build();
      case "Revoke" -> client.revoke(revocation(request(operation, RevokeRequest.getDefaultInstance())));
      case "RevokeAll" ->
          client.revokeAll(massRevocation(request(operation, RevokeAllRequest.getDefaultInstance())));
      case "ReportAuthEvent" ->
          client.reportAuthEvent(request(operation, ReportAuthEventRequest.getDefaultInstance()));
      case "AckAlert" -> client.ackAlert(request(operation, AckAlertRequest.getDefaultInstance()));
      case "SearchSessions" ->
          client.admin().searchSessions(request(operation, SearchSessionsRequest.getDefaultInstance()));
      case "ListEvents" ->
          client.admin().listEvents(request(operation, ListEventsRequest.getDefaultInstance()));
      case "ListAlerts" -> client.admin().listAlerts(request(operation, ListAlertsRequest.getDefaultInstance()));
      case "ListTenants" -> client.admin().listTenants(request(operation, ListTenantsRequest.getDefaultInstance()));
      case "ListNodes" -> client.admin().listNodes(request(operation, ListNodesRequest.getDefaultInstance()));
      case "GetStats" -> client.admin().getStats(request(operation, GetStatsRequest.getDefaultInstance()));
      case "ListCredentials" -> client.admin().listCredentials();
      case "Purge" -> PurgeResponse.newBuilder().setPurgedCount(client.admin().purge()).build();
      case "ForgetUser" ->
          client.admin().forgetUser(request(operation, ForgetUserRequest.getDefaultInstance()));
      case "Deny" -> client.denylist().deny(request(operation, DenyRequest.getDefaultInstance()));
      case "Check" -> client.denylist().check(request(operation, CheckRequest.getDefaultInstance()));
      case "Lease" ->
          client.notifications().lease(request(operation, LeaseRequest.getDefaultInstance()));
      case "Ack" ->
          client.notifications().ack(request(operation, AckRequest.getDefaultInstance()));
      case "Extend" ->
          client.notifications().extend(request(operation, ExtendRequest.getDefaultInstance()));
      case "AnswerLink" ->
          client.notifications().answerLink(request(operation, AnswerLinkRequest.getDefaultInstance()));
      case "GetQueueStats" ->
          client.notifications().getQueueStats(request(operation, GetQueueStatsRequest.getDefaultInstance()));
      case "Requeue" ->
          client.notifications().requeue(request(operation, RequeueRequest.getDefaultInstance()));
      case "ListWebhooks" -> client.webhooks().listWebhooks();
      case "AddWebhook" ->
          client.webhooks().addWebhook(request(operation, AddWebhookRequest.getDefaultInstance()));
      case "UpdateWebhook" ->
          client.webhooks().updateWebhook(request(operation, UpdateWebhookRequest.getDefaultInstance()));
      case "RemoveWebhook" ->
          client.webhooks().removeWebhook(request(operation, RemoveWebhookRequest.getDefaultInstance()));
      case "TestWebhook" ->
          client.webhooks().testWebhook(request(operation, TestWebhookRequest.getDefaultInstance()));
      case "EnableWebhook" ->
          client.webhooks().enableWebhook(request(operation, EnableWebhookRequest.getDefaultInstance()));
      case "ListDeadLetters" ->
          client.webhooks().listDeadLetters(request(operation, ListDeadLettersRequest.getDefaultInstance()));
      case "ReplayWebhook" ->
          client.webhooks().replayWebhook(request(operation, ReplayWebhookRequest.getDefaultInstance()));
      default -> throw new IllegalArgumentException("unknown method " + method);
    };
  }

  private static <M extends Message> M request(Operation operation, M empty) throws IOException {
    return operation.message("request", empty);
  }

  private static Message create(SessionAuthorityClient client, CreateRequest request) {
    Created created = client.create(request);
    return CreateResponse.newBuilder()
        .setToken(created.token().reveal())
        .setSession(created.session().message())
        .addAllEnded(created.ended())
        .addAllAlerts(created.alerts())
        .build();
  }

  private static Message update(SessionAuthorityClient client, UpdateRequest request) {
    Updated updated = client.update(request);
    return UpdateResponse.newBuilder()
        .setSession(updated.session().message())
        .setToken(updated.token().map(Token::reveal).orElse(""))
        .build();
  }

  private static Message rotate(SessionAuthorityClient client, RotateRequest request) {
    Rotated rotated =
        client.rotate(
            Token.of(request.getToken()),
            request.hasClient() ? Optional.of(request.getClient()) : Optional.empty());
    return RotateResponse.newBuilder()
        .setToken(rotated.token().reveal())
        .setSession(rotated.session().message())
        .build();
  }

  private static Revocation revocation(RevokeRequest request) {
    RevokeTarget target =
        switch (request.getTargetCase()) {
          case TOKEN -> Token.of(request.getToken());
          case DEVICE_ID -> new RevokeTarget.DeviceId(request.getDeviceId());
          // A request without a target is refused by the server as one with an empty ID.
          case SESSION_ID, TARGET_NOT_SET -> new RevokeTarget.SessionId(request.getSessionId());
        };
    return new Revocation(
        target,
        request.getTenantId(),
        request.getUserId(),
        request.getReason(),
        request.getActor(),
        request.getSignOut(),
        request.getCompromised());
  }

  private static MassRevocation massRevocation(RevokeAllRequest request) {
    RevokeScope scope =
        switch (request.getScopeCase()) {
          case TENANT -> new RevokeScope.Tenant(request.getTenant().getTenantId());
          case EVERYONE -> new RevokeScope.Everyone();
          // A request without a scope is refused by the server as one without a user.
          case USER, SCOPE_NOT_SET ->
              new RevokeScope.User(request.getUser().getTenantId(), request.getUser().getUserId());
        };
    return new MassRevocation(
        scope,
        Optional.of(request.getExceptToken()).filter(token -> !token.isEmpty()).map(Token::of),
        request.getExceptSessionId(),
        request.getReason(),
        request.getActor(),
        request.getOperationId(),
        request.getCompromised());
  }
}
