package dev.sessionauthority.client;

import io.grpc.Context;
import java.time.Duration;
import java.util.function.Supplier;

/** Time limits of single calls. A deadline of the current gRPC context always applies. */
public final class CallTimeout {
  static final Context.Key<Duration> KEY = Context.key("session-authority-call-timeout");

  private CallTimeout() {}

  /**
   * Makes calls with another time limit than that of the client.
   *
   * @param timeout the time limit of each call, for all its attempts together
   * @param calls makes the calls
   * @param <R> the type of the result
   * @return what the calls return
   */
  public static <R> R override(Duration timeout, Supplier<R> calls) {
    Context context = Context.current().withValue(KEY, timeout);
    Context previous = context.attach();
    try {
      return calls.get();
    } finally {
      context.detach(previous);
    }
  }
}
