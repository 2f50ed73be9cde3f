package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Alert;
import dev.sessionauthority.session.v1.Gap;
import dev.sessionauthority.session.v1.SessionServiceGrpc.SessionServiceStub;
import dev.sessionauthority.session.v1.StreamAlertsRequest;
import dev.sessionauthority.session.v1.StreamAlertsResponse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A stream of alerts that resumes after a failure, from the latest position. Repeats of the latest 1,000 alerts are removed.
 *
 * <p>It reconnects within {@link #next}, so call that again and again. One thread at a time may call it.
 */
public final class AlertStream implements AutoCloseable {
  /** The server sends a heartbeat at least every 15 seconds. */
  private static final Duration SILENCE_LIMIT = Duration.ofSeconds(45);

  private static final int REMEMBERED_ALERTS = 1000;
  private static final Duration MIN_BACKOFF = Duration.ofMillis(100);
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(5);

  private final SessionServiceStub stub;
  private final Calls calls;
  private final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED_ALERTS;
        }
      };

  private volatile StreamAlertsRequest request;
  private volatile String cursor;
  private volatile boolean isClosed;
  private volatile Connection connection;
  private Duration backoff = MIN_BACKOFF;
  private long reconnectAt;

  AlertStream(SessionServiceStub stub, Calls calls, StreamAlertsRequest request) {
    this.stub = stub;
    this.calls = calls;
    this.request = request;
    this.cursor = request.getResumeCursor();
    this.connection = new Connection();
  }

  /**
   * Returns the next event, and waits for one.
   *
   * @param timeout how long to wait at most
   * @return the event, or empty if there was none in time
   * @throws CallException if the stream has ended with an error that a retry does not solve: INVALID_ARGUMENT,
   *     UNAUTHENTICATED, PERMISSION_DENIED or UNIMPLEMENTED
   * @throws InterruptedException if the thread is interrupted
   */
  public synchronized Optional<AlertEvent> next(Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      if (isClosed) {
        throw CallException.from(Status.CANCELLED.withDescription("the stream is closed").asRuntimeException());
      }
      long remaining = end - System.nanoTime();
      if (connection == null && !reconnect(remaining)) {
        return Optional.empty();
      }
      Connection current = connection;
      long patience = Math.min(Math.max(0, end - System.nanoTime()), current.silenceNanos());
      Object message = current.queue.poll(patience, TimeUnit.NANOSECONDS);
      if (message instanceof StreamAlertsResponse response) {
        Optional<AlertEvent> event = take(response);
        current.request();
        if (event.isPresent()) {
          return event;
        }
      } else if (message instanceof Throwable error) {
        fail(current, error);
      } else if (current.silenceNanos() <= 0) {
        fail(current, Status.UNAVAILABLE.withDescription("the stream is silent").asRuntimeException());
      } else if (end - System.nanoTime() <= 0) {
        return Optional.empty();
      }
    }
  }

  /**
   * Returns the latest position, also while no alert arrives. Everything before it was returned by {@link #next}.
   *
   * @return the position; empty before the stream has started
   */
  public String cursor() {
    return cursor;
  }

  /** Ends the stream. */
  @Override
  public void close() {
    isClosed = true;
    Connection current = connection;
    if (current != null) {
      current.cancel();
    }
  }

  /** Opens another connection, once its time has come. Returns false if that is beyond the given time. */
  private boolean reconnect(long remaining) throws InterruptedException {
    long wait = reconnectAt - System.nanoTime();
    if (wait > 0) {
      TimeUnit.NANOSECONDS.sleep(Math.min(wait, Math.max(0, remaining)));
      if (wait > remaining) {
        return false;
      }
    }
    calls.reconnectIfFailed();
    connection = new Connection();
    return true;
  }

  private void fail(Connection failed, Throwable error) {
    failed.cancel();
    connection = null;
    CallException failure = CallException.from(error);
    switch (failure.code()) {
      case INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED -> {
        // Every further call fails as well.
        connection = failed;
        failed.queue.add(error);
        throw failure;
      }
      default -> {}
    }
    if (failed.isAlive) {
      backoff = MIN_BACKOFF;
    }
    long limit = backoff.toNanos();
    long pause = ThreadLocalRandom.current().nextLong(limit / 2, limit + 1);
    long recommended = failure.retryAfter().orElse(Duration.ZERO).toNanos();
    reconnectAt = System.nanoTime() + Math.max(pause, Math.min(recommended, MAX_BACKOFF.toNanos()));
    backoff = backoff.multipliedBy(2).compareTo(MAX_BACKOFF) < 0 ? backoff.multipliedBy(2) : MAX_BACKOFF;
  }

  /** Returns the event of a message, or empty for a repeat. */
  private Optional<AlertEvent> take(StreamAlertsResponse response) {
    if (response.hasAlert()) {
      Alert alert = response.getAlert();
      advance(alert.getCursor());
      if (seen.put(alert.getAlertId(), true) != null) {
        return Optional.empty();
      }
      return Optional.of(new AlertEvent(Optional.of(alert), Optional.empty(), alert.getCursor()));
    }
    if (response.hasGap()) {
      Gap gap = response.getGap();
      // After the gap of a slow consumer, the next connection receives the alerts.
      String position = gap.getReason().equals("slow_consumer") ? gap.getFromCursor() : gap.getToCursor();
      advance(position);
      return Optional.of(new AlertEvent(Optional.empty(), Optional.of(gap), position));
    }
    return Optional.empty();
  }

  private void advance(String position) {
    if (!position.isEmpty()) {
      cursor = position;
      request = request.toBuilder().setResumeCursor(position).setFromStart(false).build();
    }
  }

  /** One connection. It asks for a message only after the one before was taken. */
  private final class Connection implements ClientResponseObserver<StreamAlertsRequest, StreamAlertsResponse> {
    /** A message that is no heartbeat, or the error at the end. */
    final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();

    volatile boolean isAlive;
    private volatile long lastMessage = System.nanoTime();
    private final Context.CancellableContext context = Context.ROOT.withCancellation();
    private volatile ClientCallStreamObserver<StreamAlertsRequest> call;

    Connection() {
      context.run(() -> stub.streamAlerts(request, this));
    }

    /** Returns the time until the connection is considered broken. */
    long silenceNanos() {
      return queue.isEmpty() ? lastMessage + SILENCE_LIMIT.toNanos() - System.nanoTime() : Long.MAX_VALUE;
    }

    void request() {
      lastMessage = System.nanoTime();
      call.request(1);
    }

    void cancel() {
      context.cancel(null);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<StreamAlertsRequest> stream) {
      call = stream;
      stream.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(StreamAlertsResponse response) {
      isAlive = true;
      lastMessage = System.nanoTime();
      if (response.hasHeartbeat()) {
        // Nothing is queued: a message is asked for after the one before was taken.
        advance(response.getHeartbeat().getCursor());
        call.request(1);
      } else {
        queue.add(response);
      }
    }

    @Override
    public void onError(Throwable error) {
      queue.add(error);
    }

    @Override
    public void onCompleted() {
      queue.add(Status.UNAVAILABLE.withDescription("the stream ended").asRuntimeException());
    }
  }
}
