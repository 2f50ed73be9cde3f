package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.AckRequest;
import dev.sessionauthority.session.v1.ExtendRequest;
import dev.sessionauthority.session.v1.ExtendResponse;
import dev.sessionauthority.session.v1.LeaseRequest;
import dev.sessionauthority.session.v1.LeaseResponse;
import dev.sessionauthority.session.v1.Notification;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/**
 * Leases notifications, passes them to a handler one after the other, and acknowledges each that the handler has delivered.
 * While a handler runs, the leases are extended. Any number of consumers share the work. Delivery is at least once.
 *
 * <p>A handler that throws leaves its notification in the queue, and it is leased again when its lease ends.
 */
public final class NotificationConsumer implements Runnable, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(NotificationConsumer.class.getName());
  private static final Duration MIN_BACKOFF = Duration.ofSeconds(1);
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(30);

  private final NotificationsClient notifications;
  private final NotificationHandler handler;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final ReentrantLock running = new ReentrantLock();
  private String tenantId = "";
  private int maxNotifications = 10;
  private Duration visibilityTimeout = Duration.ofMinutes(1);
  private Duration pollInterval = Duration.ofSeconds(5);
  private Duration maxHandlingTime = Duration.ofMinutes(10);
  private BiConsumer<Optional<Notification>, Exception> onError = NotificationConsumer::log;
  private boolean isInterrupted;

  NotificationConsumer(NotificationsClient notifications, NotificationHandler handler) {
    this.notifications = notifications;
    this.handler = handler;
  }

  /**
   * Consumes the notifications of one tenant. By default, those of every tenant that the caller may access.
   *
   * @param id the tenant
   * @return this consumer
   */
  public NotificationConsumer tenantId(String id) {
    tenantId = id;
    return this;
  }

  /**
   * Sets the number of notifications that are leased at a time. By default, 10.
   *
   * @param number the number, 1 to 100
   * @return this consumer
   */
  public NotificationConsumer maxNotifications(int number) {
    maxNotifications = number;
    return this;
  }

  /**
   * Sets the time after which somebody else may lease the notifications if this process ends without notice. A failed
   * notification is leased again after it. By default, 1 minute.
   *
   * @param timeout the time, 1 second to 12 hours
   * @return this consumer
   */
  public NotificationConsumer visibilityTimeout(Duration timeout) {
    visibilityTimeout = timeout;
    return this;
  }

  /**
   * Sets the pause after the queue was empty. By default, 5 seconds.
   *
   * @param interval the pause
   * @return this consumer
   */
  public NotificationConsumer pollInterval(Duration interval) {
    pollInterval = interval;
    return this;
  }

  /**
   * Limits the time for which the lease of a notification is extended while its handler runs. By default, 10 minutes.
   *
   * @param limit the limit
   * @return this consumer
   */
  public NotificationConsumer maxHandlingTime(Duration limit) {
    maxHandlingTime = limit;
    return this;
  }

  /**
   * Replaces what is done about errors. By default they are logged by {@link System.Logger}.
   *
   * @param action takes the notification that was not delivered or not acknowledged, or empty after a failed call that is made
   *     again, and the error
   * @return this consumer
   */
  public NotificationConsumer onError(BiConsumer<Optional<Notification>, Exception> action) {
    onError = action;
    return this;
  }

  /**
   * Consumes notifications until {@link #close} is called or the thread is interrupted. The handler that runs then is waited
   * for, and notifications that were not begun are given back.
   *
   * @throws CallException if a retry does not help: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, FAILED_PRECONDITION or
   *     UNIMPLEMENTED. Other failed calls are made again.
   */
  @Override
  public void run() {
    running.lock();
    try {
      Duration backoff = MIN_BACKOFF;
      Duration pause = Duration.ZERO;
      while (!isStopping(pause)) {
        long endsAt = System.nanoTime() + visibilityTimeout.toNanos();
        LeaseResponse response;
        try {
          response = lease();
        } catch (CallException error) {
          throwIfRefused(error);
          onError.accept(Optional.empty(), error);
          Duration recommended = error.retryAfter().orElse(Duration.ZERO);
          Duration next = jitter(backoff);
          pause = recommended.compareTo(next) > 0 ? recommended : next;
          backoff = backoff.multipliedBy(2).compareTo(MAX_BACKOFF) < 0 ? backoff.multipliedBy(2) : MAX_BACKOFF;
          continue;
        }
        backoff = MIN_BACKOFF;
        pause = response.getNotificationsCount() == 0 ? jitter(pollInterval) : Duration.ZERO;
        deliver(response, new NotificationLease(response, endsAt));
      }
    } finally {
      running.unlock();
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Makes {@link #run} return, and waits until it has, except in the handler itself. */
  @Override
  public void close() {
    stopping.countDown();
    if (!running.isHeldByCurrentThread()) {
      running.lock();
      running.unlock();
    }
  }

  private boolean isStopping(Duration pause) {
    try {
      return stopping.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      // The interrupt is passed on at the end: it would make the calls fail that give notifications back.
      isInterrupted = true;
      stopping.countDown();
      return true;
    }
  }

  private LeaseResponse lease() {
    return notifications.lease(
        LeaseRequest.newBuilder()
            .setTenantId(tenantId)
            .setMaxNotifications(maxNotifications)
            .setVisibilityTimeout(Times.message(visibilityTimeout))
            .build());
  }

  private static void throwIfRefused(CallException error) {
    switch (error.code()) {
      case INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, FAILED_PRECONDITION, UNIMPLEMENTED -> throw error;
      default -> {}
    }
  }

  private void deliver(LeaseResponse response, NotificationLease lease) {
    if (response.getNotificationsCount() == 0) {
      return;
    }
    CountDownLatch done = new CountDownLatch(1);
    Thread extender = new Thread(() -> keepExtending(lease, done), "session-authority-notifications");
    extender.setDaemon(true);
    extender.start();
    try {
      for (Notification notification : response.getNotificationsList()) {
        if (isStopping(Duration.ZERO)) {
          break;
        }
        deliver(notification, lease);
      }
    } finally {
      done.countDown();
      join(extender);
      extend(lease, Duration.ZERO);
    }
  }

  private void deliver(Notification notification, NotificationLease lease) {
    String id = notification.getNotificationId();
    if (!lease.begin(id)) {
      return;
    }
    try {
      handler.deliver(notification);
      notifications.ack(AckRequest.newBuilder().setLeaseId(lease.id()).addNotificationIds(id).build());
    } catch (InterruptedException interrupted) {
      isInterrupted = true;
      stopping.countDown();
      return; // it is given back
    } catch (Exception error) {
      onError.accept(Optional.of(notification), error);
    }
    lease.remove(id);
  }

  private void keepExtending(NotificationLease lease, CountDownLatch done) {
    try {
      while (!done.await(visibilityTimeout.toNanos() / 3, TimeUnit.NANOSECONDS)) {
        extend(lease, visibilityTimeout);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void extend(NotificationLease lease, Duration timeout) {
    List<String> ids = lease.ids(maxHandlingTime);
    if (ids.isEmpty()) {
      return;
    }
    long endsAt = System.nanoTime() + timeout.toNanos();
    try {
      ExtendResponse response =
          notifications.extend(
              ExtendRequest.newBuilder()
                  .setLeaseId(lease.id())
                  .addAllNotificationIds(ids)
                  .setVisibilityTimeout(Times.message(timeout))
                  .build());
      lease.extended(endsAt, response.getRefusedIdsList());
    } catch (CallException error) {
      onError.accept(Optional.empty(), error);
    }
  }

  private void join(Thread thread) {
    while (true) {
      try {
        thread.join();
        return;
      } catch (InterruptedException interrupted) {
        isInterrupted = true;
        stopping.countDown();
      }
    }
  }

  private static Duration jitter(Duration limit) {
    long nanos = limit.toNanos();
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(nanos / 2, nanos + 1));
  }

  private static void log(Optional<Notification> notification, Exception error) {
    String text =
        notification
            .map(it -> "failed to deliver notification " + it.getNotificationId() + "; it is leased again")
            .orElse("failed to lease or extend notifications; retrying");
    LOG.log(System.Logger.Level.WARNING, text, error);
  }
}
