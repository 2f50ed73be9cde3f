package dev.sessionauthority.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** Calls with their time limits. */
final class Calls {
  /** The time between two attempts to reconnect that calls ask for. */
  private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final ManagedChannel channel;
  private final AtomicLong reconnectedAt = new AtomicLong(System.nanoTime() - RECONNECT_NANOS);

  Calls(ManagedChannel channel) {
    this.channel = channel;
  }

  /** Makes a call. Throws a {@link CallException}. */
  <S extends AbstractStub<S>, R> R call(S stub, Duration timeout, Function<S, R> call) {
    reconnectIfFailed();
    try {
      return call.apply(withDeadline(stub, timeout));
    } catch (StatusRuntimeException error) {
      throw CallException.from(error);
    }
  }

  /** Returns the stub with the time limit of this call. */
  static <S extends AbstractStub<S>> S withDeadline(S stub, Duration timeout) {
    Duration override = CallTimeout.KEY.get();
    Duration limit = override == null ? timeout : override;
    return stub.withDeadlineAfter(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Connects now if the last attempt failed: by itself the channel would wait for up to two minutes. */
  void reconnectIfFailed() {
    if (channel.getState(false) != ConnectivityState.TRANSIENT_FAILURE) {
      return;
    }
    long last = reconnectedAt.get();
    long now = System.nanoTime();
    if (now - last >= RECONNECT_NANOS && reconnectedAt.compareAndSet(last, now)) {
      channel.resetConnectBackoff();
    }
  }

  /** Returns the status of a failed call. A connection that broke is UNAVAILABLE, for which gRPC sometimes has UNKNOWN. */
  static Status status(Throwable error) {
    Status status = Status.fromThrowable(error);
    boolean isBroken = status.getCode() == Status.Code.UNKNOWN && status.getCause() instanceof ClosedChannelException;
    return isBroken
        ? Status.UNAVAILABLE.withDescription(status.getDescription()).withCause(status.getCause())
        : status;
  }

  /** Returns whether another attempt on another connection may succeed. */
  static boolean isUnavailable(Throwable error) {
    return status(error).getCode() == Status.Code.UNAVAILABLE;
  }
}
