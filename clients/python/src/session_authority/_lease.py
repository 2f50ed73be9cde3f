"""The notifications of a lease that are not done yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from .v1.notification_service_pb2 import LeaseResponse


@dataclass(slots=True)
class _Held:
    """A notification: when its handler began, and how to end it."""

    began_at: float | None = None
    cancel: Callable[[], object] | None = None


class NotificationLease:
    """A lease. Its notifications may be extended by one thread while another one delivers them."""

    def __init__(self, response: LeaseResponse, ends_at: float, clock: Callable[[], float] = monotonic) -> None:
        self._lock = threading.Lock()
        self._held = {notification.notification_id: _Held() for notification in response.notifications}
        self._ends_at = ends_at
        self._clock = clock
        self.lease_id = response.lease_id

    def begin(self, notification_id: str, cancel: Callable[[], object] | None = None) -> bool:
        """Returns whether the notification may be delivered. `cancel` is called if the lease loses it later."""
        with self._lock:
            held = self._held.get(notification_id)
            if held is None or self._clock() > self._ends_at:
                return False
            held.began_at, held.cancel = self._clock(), cancel
            return True

    def remove(self, notification_id: str) -> None:
        """Ends the extension of the lease of a notification."""
        with self._lock:
            self._held.pop(notification_id, None)

    def ids(self, max_handling_time: float) -> list[str]:
        """Returns the notifications whose lease is to be extended: not those whose handler runs for too long."""
        oldest = self._clock() - max_handling_time
        with self._lock:
            return [name for name, held in self._held.items() if held.began_at is None or held.began_at >= oldest]

    def extended(self, ends_at: float) -> None:
        """Records that the lease was extended."""
        with self._lock:
            self._ends_at = ends_at

    def lose(self, notification_ids: Iterable[str]) -> None:
        """Removes notifications that the lease no longer holds, and ends their delivery."""
        with self._lock:
            lost = [self._held.pop(notification_id, _Held()) for notification_id in notification_ids]
        for held in lost:
            if held.cancel is not None:
                held.cancel()
