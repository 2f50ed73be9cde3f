package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.LeaseResponse;
import dev.sessionauthority.session.v1.Notification;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The notifications of a lease that are not done yet. One thread delivers them, another one extends the lease. */
final class NotificationLease {
  private final String id;
  private final Set<String> held = new LinkedHashSet<>();
  private long endsAt;
  private String begun = "";
  private long begunAt;

  NotificationLease(LeaseResponse response, long endsAt) {
    this.id = response.getLeaseId();
    response.getNotificationsList().stream().map(Notification::getNotificationId).forEach(held::add);
    this.endsAt = endsAt;
  }

  String id() {
    return id;
  }

  /** Returns whether the notification may be delivered now. */
  synchronized boolean begin(String notificationId) {
    if (!held.contains(notificationId) || System.nanoTime() - endsAt > 0) {
      return false;
    }
    begun = notificationId;
    begunAt = System.nanoTime();
    return true;
  }

  /** Ends the extension of the lease of a notification. */
  synchronized void remove(String notificationId) {
    held.remove(notificationId);
  }

  /** Returns the notifications whose lease is to be extended: not the one whose handler runs for too long. */
  synchronized List<String> ids(Duration maxHandlingTime) {
    if (System.nanoTime() - begunAt > maxHandlingTime.toNanos()) {
      held.remove(begun);
    }
    return new ArrayList<>(held);
  }

  /** Records that the lease was extended, but for the notifications that it no longer holds. */
  synchronized void extended(long newEnd, List<String> refusedIds) {
    endsAt = newEnd;
    refusedIds.forEach(held::remove);
  }
}
