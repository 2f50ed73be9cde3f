package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.Notification;

/** Delivers notifications to their users. */
@FunctionalInterface
public interface NotificationHandler {
  /**
   * Delivers a notification.
   *
   * @param notification the notification; with an {@code attempt} above 1, it may have been delivered before
   * @throws Exception if it was not delivered; it is leased again when its lease ends
   */
  void deliver(Notification notification) throws Exception;
}
