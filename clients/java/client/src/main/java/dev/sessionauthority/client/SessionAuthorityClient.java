package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.AckAlertRequest;
import dev.sessionauthority.session.v1.AckAlertResponse;
import dev.sessionauthority.session.v1.ClientContext;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.session.v1.CreateResponse;
import dev.sessionauthority.session.v1.GetRequest;
import dev.sessionauthority.session.v1.GetResponse;
import dev.sessionauthority.session.v1.ListRequest;
import dev.sessionauthority.session.v1.ReportAuthEventRequest;
import dev.sessionauthority.session.v1.ReportAuthEventResponse;
import dev.sessionauthority.session.v1.RevokeAllResponse;
import dev.sessionauthority.session.v1.RevokeResponse;
import dev.sessionauthority.session.v1.RotateRequest;
import dev.sessionauthority.session.v1.RotateResponse;
import dev.sessionauthority.session.v1.Session;
import dev.sessionauthority.session.v1.SessionServiceGrpc;
import dev.sessionauthority.session.v1.SessionTouch;
import dev.sessionauthority.session.v1.StreamAlertsRequest;
import dev.sessionauthority.session.v1.TouchRequest;
import dev.sessionauthority.session.v1.TouchedSession;
import dev.sessionauthority.session.v1.UpdateRequest;
import dev.sessionauthority.session.v1.UpdateResponse;
import dev.sessionauthority.session.v1.ValidateResponse;
import io.grpc.ManagedChannel;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A connection to the session authority. It is safe for concurrent use: create one per process.
 *
 * <p>Every call has a time limit for all its attempts together: 1 second for validations, 2 seconds for other calls, 35
 * seconds for calls of {@link #admin}, {@link #notifications} and {@link #webhooks}; {@link CallTimeout} overrides it. Calls
 * that fail with UNAVAILABLE are retried within that limit if they are idempotent: all of sessions, administration and
 * denylist except {@link #update}, {@link #reportAuthEvent} and {@link AdminClient#revokeWhere}; of notifications and webhooks
 * those whose description does not exclude it.
 */
public final class SessionAuthorityClient implements AutoCloseable {
  /** The version of this library. */
  public static final String VERSION = "0.1.0";

  private final ClientOptions options;
  private final ManagedChannel channel;
  private final Calls calls;
  private final SessionServiceGrpc.SessionServiceBlockingStub stub;
  private final VerdictCache cache;

  SessionAuthorityClient(ClientOptions options) {
    this.options = options;
    this.channel = Channels.open(options);
    this.calls = new Calls(channel);
    this.stub = SessionServiceGrpc.newBlockingStub(channel);
    this.cache = new VerdictCache(options.cacheEntries, options.cacheTtl, Clock.systemUTC());
  }

  /**
   * Returns options for a server. A server beyond this machine needs {@link ClientOptions#tls()}, and an API key or a client
   * certificate.
   *
   * @param target host and port of the server, such as {@code sessions.example:443}
   * @return the options
   */
  public static ClientOptions builder(String target) {
    return new ClientOptions(target);
  }

  /** Ends the connection. Calls in flight fail. */
  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Returns the calls for administrators.
   *
   * @return the calls
   */
  public AdminClient admin() {
    return new AdminClient(channel, calls, options.adminTimeout, cache);
  }

  /**
   * Returns the calls for the IDs of JWTs that must no longer be accepted.
   *
   * @return the calls
   */
  public DenylistClient denylist() {
    return new DenylistClient(channel, calls, options.callTimeout);
  }

  /**
   * Returns the calls for services that send notifications to users.
   *
   * @return the calls
   */
  public NotificationsClient notifications() {
    return new NotificationsClient(channel, calls, options.adminTimeout, cache);
  }

  /**
   * Returns the calls for endpoints of other systems that receive events and alerts.
   *
   * @return the calls
   */
  public WebhooksClient webhooks() {
    return new WebhooksClient(channel, calls, options.adminTimeout);
  }

  /**
   * Returns the session that the token opens.
   *
   * @param token the token
   * @return the session
   * @throws RejectedException if the token opens no session
   * @throws NoVerdictException if it is unknown
   */
  public ActiveSession validate(Token token) {
    return validate(Validation.of(token));
  }

  /**
   * Returns the session that the token opens, if it meets the requirements.
   *
   * @param request the token and the requirements
   * @return the session
   * @throws RejectedException if the token opens no session, or not for this request
   * @throws StepUpRequiredException if the user must authenticate again, or more strongly
   * @throws NoVerdictException if it is unknown
   */
  public ActiveSession validate(Validation request) {
    return Verdicts.sessionOrThrow(tryValidate(request));
  }

  /**
   * Returns the verdict as a value, for callers that switch over it.
   *
   * @param request the token and the requirements
   * @return an {@link ActiveSession}, a {@link Rejection} or a {@link StepUp}
   * @throws NoVerdictException if it is unknown
   */
  public Verdict tryValidate(Validation request) {
    if (!cache.admits(request)) {
      return Verdicts.from(validateOnServer(request));
    }
    ByteBuffer key = VerdictCache.key(request);
    Optional<ActiveSession> cached = cache.get(key);
    if (cached.isPresent()) {
      return cached.get();
    }
    long generation = cache.generation();
    ValidateResponse response = validateOnServer(request);
    Verdict verdict = Verdicts.from(response);
    if (verdict instanceof ActiveSession session) {
      cache.put(key, session, Times.duration(response.getCacheTtl()), generation);
    }
    return verdict;
  }

  private ValidateResponse validateOnServer(Validation request) {
    try {
      return calls.call(stub, options.validateTimeout, stub -> stub.validate(request.message()));
    } catch (CallException error) {
      throw new NoVerdictException(error);
    }
  }

  /**
   * Validates many tokens over one stream. If it breaks with UNAVAILABLE, requests without a response are repeated on another
   * one, on at most three in total. The time limit is 10 seconds unless {@link CallTimeout} overrides it. The verdict cache is
   * not used.
   *
   * @param requests the tokens and their requirements
   * @return one result for each request, in their order
   */
  public List<ValidationResult> validateMany(List<Validation> requests) {
    return validateMany(requests, ValidateMany.DEFAULT_IN_FLIGHT);
  }

  /**
   * Validates many tokens over one stream, as {@link #validateMany(List)} does.
   *
   * @param requests the tokens and their requirements
   * @param maxInFlight the number of requests without a response at most
   * @return one result for each request, in their order
   */
  public List<ValidationResult> validateMany(List<Validation> requests, int maxInFlight) {
    calls.reconnectIfFailed();
    return new ValidateMany(SessionServiceGrpc.newStub(channel), requests, maxInFlight).run();
  }

  /**
   * Creates a session for a user whose credentials the caller has checked. If the request has no request ID, it gets a random
   * one before the first attempt, so a retry creates no second session.
   *
   * @param request the terms of the session
   * @return the session and its token
   * @throws CallException if the call fails
   */
  public Created create(CreateRequest request) {
    CreateRequest.Builder message = request.toBuilder();
    if (request.getRequestId().isEmpty()) {
      message.setRequestId(UUID.randomUUID().toString());
    }
    if (request.hasClient()) {
      message.setClient(Text.transmissible(request.getClient()));
    }
    CreateRequest complete = message.build();
    CreateResponse response = calls.call(stub, options.callTimeout, stub -> stub.create(complete));
    requireComplete(response.hasSession() && !response.getToken().isEmpty());
    return new Created(
        Token.of(response.getToken()),
        new ActiveSession(response.getSession(), Optional.empty()),
        response.getEndedList(),
        response.getAlertsList());
  }

  /**
   * Replaces the token of a session. A repeated call returns the same new token.
   *
   * @param token the token of the session, or the previous one
   * @param client the client that sent the token; empty if unknown
   * @return the session and its new token
   * @throws RejectedException if the token opens no session
   * @throws NoVerdictException if it is unknown
   */
  public Rotated rotate(Token token, Optional<ClientContext> client) {
    RotateRequest.Builder message = RotateRequest.newBuilder().setToken(token.wireText());
    client.ifPresent(context -> message.setClient(Text.transmissible(context)));
    RotateResponse response;
    try {
      response = calls.call(stub, options.callTimeout, stub -> stub.rotate(message.build()));
    } catch (CallException error) {
      throw new NoVerdictException(error);
    } finally {
      cache.clear();
    }
    if (response.hasRejection()) {
      Verdicts.sessionOrThrow(Verdicts.from(response.getRejection()));
    }
    if (!response.hasSession() || response.getToken().isEmpty()) {
      throw new NoVerdictException(CallException.withoutOutcome());
    }
    return new Rotated(
        Token.of(response.getToken()), new ActiveSession(response.getSession(), Optional.empty()));
  }

  /**
   * Updates fields of an active session. It is not retried, because each call counts as a change: after a failure with
   * UNAVAILABLE, read the session with {@link #get} and decide.
   *
   * @param request the session and its new values
   * @return the updated session
   * @throws CallException if the call fails
   */
  public Updated update(UpdateRequest request) {
    UpdateResponse response;
    try {
      response = calls.call(stub, options.callTimeout, stub -> stub.update(request));
    } finally {
      cache.clear();
    }
    requireComplete(response.hasSession());
    return new Updated(
        new ActiveSession(response.getSession(), Optional.empty()),
        Optional.of(response.getToken()).filter(token -> !token.isEmpty()).map(Token::of));
  }

  /**
   * Returns an active session by its ID. A back end that acts for a signed-in user must set the user ID of the request, so
   * that nobody can see another user's session.
   *
   * @param request the session
   * @return the session
   * @throws CallException if the call fails, with NOT_FOUND if there is no such session
   */
  public ActiveSession get(GetRequest request) {
    GetResponse response = calls.call(stub, options.callTimeout, stub -> stub.get(request));
    requireComplete(response.hasSession());
    return new ActiveSession(response.getSession(), Optional.empty());
  }

  /**
   * Returns all active sessions of a user, most recently active first.
   *
   * @param request the user
   * @return the sessions
   * @throws CallException if the call fails
   */
  public List<Session> list(ListRequest request) {
    return calls.call(stub, options.callTimeout, stub -> stub.list(request)).getSessionsList();
  }

  /**
   * Records activity of sessions by their IDs.
   *
   * @param touches the uses of sessions
   * @return the sessions, in the order of the uses
   * @throws CallException if the call fails
   */
  public List<TouchedSession> touch(List<SessionTouch> touches) {
    TouchRequest request = TouchRequest.newBuilder().addAllTouches(touches).build();
    return calls.call(stub, options.callTimeout, stub -> stub.touch(request)).getSessionsList();
  }

  /**
   * Ends sessions. That nothing matched is no error.
   *
   * @param request the sessions
   * @return the sessions that ended
   * @throws CallException if the call fails
   */
  public RevokeResponse revoke(Revocation request) {
    try {
      return calls.call(stub, options.callTimeout, stub -> stub.revoke(request.message()));
    } finally {
      cache.clear();
    }
  }

  /**
   * Ends all sessions of a user, of a tenant or of everyone.
   *
   * @param request the scope
   * @return the sessions that ended
   * @throws CallException if the call fails
   */
  public RevokeAllResponse revokeAll(MassRevocation request) {
    try {
      return calls.call(stub, options.callTimeout, stub -> stub.revokeAll(request.message()));
    } finally {
      cache.clear();
    }
  }

  /**
   * Reports a failed sign-in. It is not retried, because each call counts. Do not reject a sign-in because of its failure.
   *
   * @param request the failure
   * @return whether to slow down attempts
   * @throws CallException if the call fails
   */
  public ReportAuthEventResponse reportAuthEvent(ReportAuthEventRequest request) {
    ReportAuthEventRequest message =
        request.hasClient()
            ? request.toBuilder().setClient(Text.transmissible(request.getClient())).build()
            : request;
    return calls.call(stub, options.callTimeout, stub -> stub.reportAuthEvent(message));
  }

  /**
   * Records whether the user did what an alert is about, or somebody else did, whose session ends then. A back end that
   * acts for a signed-in user must set {@code user_id}.
   *
   * @param request the alert and the answer
   * @return the sessions that ended
   * @throws CallException if the call fails
   */
  public AckAlertResponse ackAlert(AckAlertRequest request) {
    try {
      return calls.call(stub, options.callTimeout, stub -> stub.ackAlert(request));
    } finally {
      cache.clear();
    }
  }

  /**
   * Returns a stream of alerts that resumes by itself after a failure. Close it.
   *
   * @param request the filter, and where to start
   * @return the stream
   */
  public AlertStream streamAlerts(StreamAlertsRequest request) {
    return new AlertStream(SessionServiceGrpc.newStub(channel), calls, request);
  }

  private static void requireComplete(boolean isComplete) {
    if (!isComplete) {
      throw CallException.withoutOutcome();
    }
  }
}
