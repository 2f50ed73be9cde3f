package dev.sessionauthority.grpc;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.Addresses;
import dev.sessionauthority.client.NoVerdictException;
import dev.sessionauthority.client.RejectedException;
import dev.sessionauthority.client.Requirements;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.client.StepUpRequiredException;
import dev.sessionauthority.client.Token;
import dev.sessionauthority.client.Validation;
import dev.sessionauthority.session.v1.ClientContext;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Lets only calls with an active session through, whose token the client sends as {@code authorization: Bearer sa_…}.
 *
 * <p>Install it with {@code ServerBuilder.intercept}, so that it protects every method of the server, except for those that
 * are listed as public. It fails every other call itself:
 *
 * <ul>
 *   <li>UNAUTHENTICATED without a session.
 *   <li>PERMISSION_DENIED if the user must authenticate again or more strongly, or lacks a role.
 *   <li>UNAVAILABLE if it is unknown whether the user is signed in. No option changes that.
 * </ul>
 *
 * <p>A {@code google.rpc.ErrorInfo} of the domain {@code session.v1} has the reason. A call is checked when it starts, and a
 * session that ends later does not end it: validate again in streams that last. The check blocks the thread of the call, so
 * the server must not have a direct executor.
 */
public final class SessionInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> USER_AGENT =
      Metadata.Key.of("user-agent", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<ActiveSession> SESSION = Context.key("session-authority-session");

  private final SessionAuthorityClient client;
  private final Set<String> publicMethods = new HashSet<>();
  private final Map<String, Requirements> requirements = new HashMap<>();
  private BiFunction<ServerCall<?, ?>, Metadata, String> address = (call, headers) -> peerAddress(call);

  /**
   * An interceptor that validates sessions.
   *
   * @param client validates the sessions
   */
  public SessionInterceptor(SessionAuthorityClient client) {
    this.client = client;
  }

  /**
   * Lists methods that need no session.
   *
   * @param methods their full names, such as {@code grpc.health.v1.Health/Check}
   * @return this interceptor
   */
  public SessionInterceptor publicMethods(String... methods) {
    for (String method : methods) {
      publicMethods.add(fullName(method));
    }
    return this;
  }

  /**
   * Sets requirements on the sessions that call a method, even if the method is also public.
   *
   * @param method the full name of the method, such as {@code bank.v1.Bank/Transfer}
   * @param required the requirements
   * @return this interceptor
   */
  public SessionInterceptor require(String method, Requirements required) {
    requirements.put(fullName(method), required);
    return this;
  }

  /** Returns the name of a method as gRPC has it. A requirement must not be lost to a slash at its beginning. */
  private static String fullName(String method) {
    return method.startsWith("/") ? method.substring(1) : method;
  }

  /**
   * Replaces the function that returns the address of the user's device. By default it is the address of the connection,
   * which is the user's device only if no proxy is in between.
   *
   * @param function returns the address from the call and its headers
   * @return this interceptor
   */
  public SessionInterceptor clientAddress(BiFunction<ServerCall<?, ?>, Metadata, String> function) {
    address = function;
    return this;
  }

  /**
   * Returns the session of the current call.
   *
   * @return the session
   * @throws StatusRuntimeException UNAUTHENTICATED in public methods
   */
  public static ActiveSession session() {
    ActiveSession session = SESSION.get();
    if (session == null) {
      throw refusal(Status.Code.UNAUTHENTICATED, "the call has no session", "NO_SESSION");
    }
    return session;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (publicMethods.contains(method) && !requirements.containsKey(method)) {
      return next.startCall(call, headers);
    }
    ActiveSession session;
    try {
      session = validate(call, headers, requirements.getOrDefault(method, Requirements.NONE));
    } catch (StatusRuntimeException refusal) {
      Metadata trailers = Optional.ofNullable(refusal.getTrailers()).orElseGet(Metadata::new);
      call.close(refusal.getStatus(), trailers);
      return new ServerCall.Listener<>() {};
    }
    return Contexts.interceptCall(Context.current().withValue(SESSION, session), call, headers, next);
  }

  private ActiveSession validate(ServerCall<?, ?> call, Metadata headers, Requirements required) {
    Validation validation =
        Validation.of(token(headers)).withClient(describe(call, headers)).withRequirements(required);
    ActiveSession session;
    try {
      session = client.validate(validation);
    } catch (RejectedException rejected) {
      throw refusal(
          Status.Code.UNAUTHENTICATED, rejected.rejection().message(), rejected.rejection().reasonName());
    } catch (StepUpRequiredException stepUp) {
      throw refusal(Status.Code.PERMISSION_DENIED, stepUp.stepUp().message(), "STEP_UP_REQUIRED");
    } catch (NoVerdictException unknown) {
      throw noVerdict(unknown.call().retryAfter().orElse(Duration.ofSeconds(1)));
    } catch (RuntimeException unexpected) {
      throw noVerdict(Duration.ofSeconds(1));
    }
    if (!required.admitRoles(session)) {
      throw refusal(Status.Code.PERMISSION_DENIED, "the session lacks a required role", "MISSING_ROLE");
    }
    return session;
  }

  private static Token token(Metadata headers) {
    String found = null;
    Iterable<String> values = headers.getAll(AUTHORIZATION);
    for (String value : values == null ? Set.<String>of() : values) {
      if (!value.regionMatches(true, 0, "Bearer ", 0, "Bearer ".length())) {
        continue;
      }
      String text = value.substring("Bearer ".length()).strip();
      if (found != null && !found.equals(text)) {
        throw refusal(Status.Code.UNAUTHENTICATED, "the call has several sessions", "NO_SESSION");
      }
      found = text;
    }
    if (found == null || found.isEmpty()) {
      throw refusal(
          Status.Code.UNAUTHENTICATED,
          "the call has no session: send its token as `authorization: Bearer`",
          "NO_SESSION");
    }
    return Token.of(found);
  }

  private ClientContext describe(ServerCall<?, ?> call, Metadata headers) {
    return ClientContext.newBuilder()
        .setIp(Addresses.canonical(address.apply(call, headers)))
        .setUserAgent(Optional.ofNullable(headers.get(USER_AGENT)).orElse(""))
        .build();
  }

  private static String peerAddress(ServerCall<?, ?> call) {
    return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress peer
        ? peer.getAddress().getHostAddress()
        : "";
  }

  private static StatusRuntimeException refusal(Status.Code code, String message, String reason, Any... further) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(code.value())
            .setMessage(message)
            .addDetails(
                Any.pack(ErrorInfo.newBuilder().setReason(reason).setDomain("session.v1").build()));
    for (Any detail : further) {
      status.addDetails(detail);
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  private static StatusRuntimeException noVerdict(Duration retryAfter) {
    com.google.protobuf.Duration delay =
        com.google.protobuf.Duration.newBuilder().setSeconds(Math.max(1, retryAfter.toSeconds())).build();
    return refusal(
        Status.Code.UNAVAILABLE,
        "it is unknown whether the session is active",
        "NO_VERDICT",
        Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
  }
}
