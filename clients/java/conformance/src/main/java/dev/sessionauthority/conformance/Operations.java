package dev.sessionauthority.conformance;

import static dev.sessionauthority.conformance.Json.object;

import com.google.protobuf.Message;
import com.google.protobuf.Value;
import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.AlertEvent;
import dev.sessionauthority.client.AlertStream;
import dev.sessionauthority.client.CallTimeout;
import dev.sessionauthority.client.ClientOptions;
import dev.sessionauthority.client.Created;
import dev.sessionauthority.client.MassRevocation;
import dev.sessionauthority.client.Rejection;
import dev.sessionauthority.client.Revocation;
import dev.sessionauthority.client.Rotated;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.client.StepUp;
import dev.sessionauthority.client.Token;
import dev.sessionauthority.client.Updated;
import dev.sessionauthority.client.Validation;
import dev.sessionauthority.client.ValidationResult;
import dev.sessionauthority.client.Verdict;
import dev.sessionauthority.session.v1.RevokeWhereRequest;
import dev.sessionauthority.session.v1.StreamAlertsRequest;
import dev.sessionauthority.session.v1.ValidateRequest;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/** The operations, with the clients, streams and consumers by their names. */
final class Operations {
  private final Map<String, SessionAuthorityClient> clients = new ConcurrentHashMap<>();
  private final Map<String, AlertStream> streams = new ConcurrentHashMap<>();
  private final Map<String, HeldConsumer> consumers = new ConcurrentHashMap<>();

  String run(Operation operation) throws Exception {
    Callable<Object> handler =
        switch (operation.requiredText("op")) {
          case "connect" -> () -> connect(operation);
          case "close" -> () -> {
            client(operation).close();
            return object();
          };
          case "validate" -> () -> Json.session(client(operation).validate(validation(operation)));
          case "try_validate" -> () -> verdict(client(operation).tryValidate(validation(operation)));
          case "validate_many" -> () -> validateMany(operation);
          case "call" -> () -> object("response", Json.message(Methods.call(client(operation), operation)));
          case "revoke_where" -> () -> revokeWhere(operation);
          case "alerts.open" -> () -> openAlerts(operation);
          case "alerts.next" -> () -> nextAlert(operation);
          case "alerts.cursor" -> () -> object("cursor", stream(operation).cursor());
          case "alerts.close" -> () -> {
            stream(operation).close();
            return object();
          };
          case "consumer.start" -> () -> startConsumer(operation);
          case "consumer.next" -> () -> consumer(operation).next(timeout(operation));
          case "consumer.finish" -> () ->
              consumer(operation).finish(operation.flag("fails"), timeout(operation));
          case "consumer.stop" -> () -> consumer(operation).stop();
          case "consumer.end" -> () -> consumer(operation).end(timeout(operation));
          case "token.print" -> () -> printToken(operation);
          case "token.reveal" -> () -> object("token", Token.of(operation.requiredText("token")).reveal());
          default -> throw new IllegalArgumentException("unknown op");
        };
    Optional<Duration> deadline = operation.milliseconds("deadline_ms");
    return Json.print(deadline.isEmpty() ? handler.call() : limited(deadline.get(), handler));
  }

  private static Object limited(Duration deadline, Callable<Object> handler) throws Exception {
    try {
      return CallTimeout.override(
          deadline,
          () -> {
            try {
              return handler.call();
            } catch (RuntimeException error) {
              throw error;
            } catch (Exception error) {
              throw new IllegalStateException(error);
            }
          });
    } catch (IllegalStateException wrapped) {
      throw wrapped.getCause() instanceof Exception cause ? cause : wrapped;
    }
  }

  private SessionAuthorityClient client(Operation operation) {
    String name = operation.requiredText("client");
    return Optional.ofNullable(clients.get(name))
        .orElseThrow(() -> new IllegalArgumentException("no client " + name));
  }

  private AlertStream stream(Operation operation) {
    String name = operation.requiredText("stream");
    return Optional.ofNullable(streams.get(name))
        .orElseThrow(() -> new IllegalArgumentException("no stream " + name));
  }

  private Object connect(Operation operation) {
    Operation options = operation.object("options").orElseThrow();
    ClientOptions chosen = SessionAuthorityClient.builder(options.text("target").orElse(""));
    options.text("api_key").ifPresent(chosen::apiKey);
    options
        .object("tls")
        .ifPresent(
            tls ->
                chosen.tls(
                    new ClientOptions.TlsOptions(
                        tls.text("ca_file").map(File::new),
                        tls.text("cert_file").map(File::new),
                        tls.text("key_file").map(File::new),
                        tls.text("server_name"))));
    options.milliseconds("validate_deadline_ms").ifPresent(chosen::validateTimeout);
    options.milliseconds("call_deadline_ms").ifPresent(chosen::callTimeout);
    options
        .object("cache")
        .ifPresent(
            cache ->
                chosen.verdictCache(
                    cache.number("max_entries").orElse(0),
                    cache.milliseconds("max_ttl_ms").orElse(Duration.ZERO)));
    clients.put(operation.requiredText("client"), chosen.build());
    return object();
  }

  private static Validation validation(Operation operation) throws IOException {
    return validation(operation.message("request", ValidateRequest.getDefaultInstance()));
  }

  private static Validation validation(ValidateRequest request) {
    return new Validation(
        Token.of(request.getToken()),
        request.hasClient() ? Optional.of(request.getClient()) : Optional.empty(),
        request.getConsistency(),
        request.getActivity(),
        request.hasMaxAuthAge()
            ? Optional.of(
                Duration.ofSeconds(request.getMaxAuthAge().getSeconds(), request.getMaxAuthAge().getNanos()))
            : Optional.empty(),
        request.getMinAssuranceLevel());
  }

  private static Object verdict(Verdict verdict) {
    if (verdict instanceof ActiveSession session) {
      return Json.with("outcome", "session", Json.session(session));
    }
    if (verdict instanceof StepUp stepUp) {
      return Json.with("outcome", "step_up_required", Json.stepUp(stepUp));
    }
    return Json.with("outcome", "rejected", Json.rejection((Rejection) verdict));
  }

  private Object validateMany(Operation operation) throws IOException {
    List<Validation> requests = new ArrayList<>();
    for (Value request : operation.list("requests")) {
      requests.add(validation(Operation.parse(request, ValidateRequest.getDefaultInstance())));
    }
    SessionAuthorityClient client = client(operation);
    Optional<Integer> maxInFlight = operation.number("max_in_flight");
    List<ValidationResult> results =
        maxInFlight.isPresent()
            ? client.validateMany(requests, maxInFlight.get())
            : client.validateMany(requests);
    List<Object> described = new ArrayList<>();
    for (ValidationResult result : results) {
      try {
        described.add(Json.session(result.session()));
      } catch (RuntimeException error) {
        described.add(object("error", Json.errorObject(error)));
      }
    }
    return object("results", described);
  }

  private Object revokeWhere(Operation operation) throws IOException {
    List<Object> responses = new ArrayList<>();
    RevokeWhereRequest request = operation.message("request", RevokeWhereRequest.getDefaultInstance());
    client(operation).admin().revokeWhere(request, response -> responses.add(Json.message(response)));
    return object("responses", responses);
  }

  private Object openAlerts(Operation operation) throws IOException {
    StreamAlertsRequest request = operation.message("request", StreamAlertsRequest.getDefaultInstance());
    streams.put(operation.requiredText("stream"), client(operation).streamAlerts(request));
    return object();
  }

  private Object nextAlert(Operation operation) throws InterruptedException {
    Duration timeout = operation.milliseconds("timeout_ms").orElse(Duration.ZERO);
    Optional<AlertEvent> event = stream(operation).next(timeout);
    if (event.isEmpty()) {
      return object("timeout", true);
    }
    Message message = event.get().alert().<Message>map(alert -> alert).orElseGet(() -> event.get().gap().orElseThrow());
    String name = event.get().alert().isPresent() ? "alert" : "gap";
    return object(name, Json.message(message), "cursor", event.get().cursor());
  }

  private Object startConsumer(Operation operation) {
    HeldConsumer consumer = new HeldConsumer(client(operation), operation.object("consume").orElseThrow());
    consumers.put(operation.requiredText("consumer"), consumer);
    return object();
  }

  private HeldConsumer consumer(Operation operation) {
    return Optional.ofNullable(consumers.get(operation.requiredText("consumer")))
        .orElseThrow(() -> new IllegalArgumentException("no such consumer"));
  }

  private static Duration timeout(Operation operation) {
    return operation.milliseconds("timeout_ms").orElse(Duration.ZERO);
  }

  private static Object printToken(Operation operation) {
    Token token = Token.of(operation.requiredText("token"));
    ActiveSession session =
        new ActiveSession(dev.sessionauthority.session.v1.Session.getDefaultInstance(), Optional.empty());
    List<Object> holders =
        List.of(
            token,
            List.of(token),
            Map.of("token", token),
            Optional.of(token),
            Validation.of(token),
            Revocation.of(token),
            MassRevocation.of(new dev.sessionauthority.client.RevokeScope.User("ann")).except(token),
            new Created(token, session, List.of(), List.of()),
            new Rotated(token, session),
            new Updated(session, Optional.of(token)));
    List<Object> printed = new ArrayList<>();
    for (Object holder : holders) {
      printed.add(holder.toString());
      printed.add(String.valueOf(holder));
      printed.add(String.format("%s %S", holder, holder));
      printed.add("" + holder);
    }
    Map<Token, String> keyed = new HashMap<>();
    keyed.put(token, "key");
    printed.add(keyed.toString());
    return object("printed", printed);
  }
}
