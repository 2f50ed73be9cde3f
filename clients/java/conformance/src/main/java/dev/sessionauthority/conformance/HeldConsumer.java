package dev.sessionauthority.conformance;

import static dev.sessionauthority.conformance.Json.object;

import dev.sessionauthority.client.NotificationConsumer;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.session.v1.Notification;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A consumer whose handler waits for operations. */
final class HeldConsumer {
  private final SynchronousQueue<Notification> begun = new SynchronousQueue<>();
  private final SynchronousQueue<Boolean> finished = new SynchronousQueue<>();
  private final NotificationConsumer consumer;
  private final CompletableFuture<Void> end;

  HeldConsumer(SessionAuthorityClient client, Operation options) {
    consumer =
        client
            .notifications()
            .consumer(this::deliver)
            .tenantId(options.requiredText("tenant_id"))
            .visibilityTimeout(options.milliseconds("visibility_timeout_ms").orElseThrow())
            .pollInterval(options.milliseconds("poll_interval_ms").orElseThrow());
    options.number("max_notifications").ifPresent(consumer::maxNotifications);
    end = CompletableFuture.runAsync(consumer, command -> new Thread(command).start());
  }

  private void deliver(Notification notification) throws InterruptedException {
    begun.put(notification);
    if (finished.take()) {
      throw new IllegalStateException("the mail server is unavailable");
    }
  }

  Object next(Duration timeout) throws InterruptedException {
    Notification notification = begun.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
    return notification == null
        ? object("timeout", true)
        : object("notification", Json.message(notification));
  }

  Object finish(boolean fails, Duration timeout) throws InterruptedException {
    if (!finished.offer(fails, timeout.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("no handler waits");
    }
    return object();
  }

  /** Stops the consumer without waiting for its end. */
  Object stop() {
    new Thread(consumer::close).start();
    return object();
  }

  Object end(Duration timeout) throws Exception {
    try {
      end.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return object();
    } catch (ExecutionException error) {
      throw error.getCause() instanceof Exception cause ? cause : error;
    } catch (TimeoutException late) {
      throw new IllegalStateException("the consumer has not ended", late);
    }
  }
}
