package dev.sessionauthority.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sessionauthority.session.v1.LeaseResponse;
import dev.sessionauthority.session.v1.Notification;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class NotificationLeaseTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private static NotificationLease lease(long endsAt) {
    LeaseResponse response =
        LeaseResponse.newBuilder()
            .setLeaseId("l")
            .addNotifications(Notification.newBuilder().setNotificationId("a"))
            .addNotifications(Notification.newBuilder().setNotificationId("b"))
            .build();
    return new NotificationLease(response, endsAt);
  }

  @Test
  void nothingIsBegunAfterTheLeaseHasEnded() {
    NotificationLease lease = lease(System.nanoTime() - 1);
    assertFalse(lease.begin("a"));
    lease.extended(System.nanoTime() + LONG.toNanos(), List.of("a"));
    assertFalse(lease.begin("a"), "the lease has lost it");
    assertTrue(lease.begin("b"));
  }

  @Test
  void whatIsDoneOrTakesTooLongIsNotExtended() {
    NotificationLease lease = lease(System.nanoTime() + LONG.toNanos());
    assertTrue(lease.begin("a"));
    assertEquals(List.of("a", "b"), lease.ids(LONG));
    lease.remove("a");
    assertTrue(lease.begin("b"));
    assertEquals(List.of("b"), lease.ids(LONG));
    assertEquals(List.of(), lease.ids(Duration.ofNanos(-1)));
  }
}
