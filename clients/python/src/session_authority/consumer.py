"""Consumers of notifications: they lease, deliver and acknowledge."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

import grpc

from ._lease import NotificationLease
from .errors import CallError
from .v1.notification_service_pb2 import AckRequest, ExtendRequest, ExtendResponse, LeaseRequest, Notification

if TYPE_CHECKING:
    from .notifications import AsyncNotifications, Notifications

NotificationHandler: TypeAlias = Callable[[Notification], object]
AsyncNotificationHandler: TypeAlias = Callable[[Notification], Awaitable[object]]

FIRST_PAUSE = 1.0
MAX_PAUSE = 30.0

_log = logging.getLogger("session_authority")
_FINAL_CODES = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


@dataclass(frozen=True, slots=True)
class ConsumeOptions:
    """The options of a consumer. Times are in seconds.

    `max_notifications` are leased at a time, 1 to 100. After `visibility_timeout` (1 second to 12 hours) somebody else
    may lease them, if this process ends without notice; a failed notification is leased again after it. `poll_interval`
    is the pause after the queue was empty. While its handler runs, the lease of a notification is extended for at most
    `max_handling_time`.
    """

    tenant_id: str
    max_notifications: int
    visibility_timeout: float
    poll_interval: float
    max_handling_time: float

    def lease_request(self) -> LeaseRequest:
        """Returns the request for a lease."""
        return LeaseRequest(
            tenant_id=self.tenant_id,
            max_notifications=self.max_notifications,
            visibility_timeout=timedelta(seconds=self.visibility_timeout),
        )

    def extend_request(self, lease: NotificationLease, ids: list[str]) -> ExtendRequest:
        """Returns the request that extends the lease of notifications."""
        timeout = timedelta(seconds=self.visibility_timeout)
        return ExtendRequest(lease_id=lease.lease_id, notification_ids=ids, visibility_timeout=timeout)


class _Pauses:
    """The pauses between leases."""

    def __init__(self, poll_interval: float) -> None:
        self._poll_interval = poll_interval
        self._failures = 0

    def after_success(self, count: int) -> float:
        self._failures = 0
        return 0.0 if count else _jitter(self._poll_interval)

    def after_failure(self, error: CallError) -> float:
        """Returns how long to wait before another lease. Raises the error if another one cannot help."""
        if error.code in _FINAL_CODES:
            raise error
        _log.warning("failed to lease notifications; retrying", exc_info=error)
        pause = _jitter(min(FIRST_PAUSE * 2**self._failures, MAX_PAUSE))
        self._failures = min(self._failures + 1, 16)
        return max(pause, error.retry_after.total_seconds() if error.retry_after else 0.0)


def _jitter(seconds: float) -> float:
    return random.uniform(seconds / 2, seconds)  # noqa: S311 (not a secret)


def _log_failure(notification: Notification, error: BaseException) -> None:
    text = "failed to deliver notification %s (attempt %d); it is leased again"
    _log.warning(text, notification.notification_id, notification.attempt, exc_info=error)


def _log_extend_failure(error: CallError) -> None:
    _log.warning("failed to change the end of a lease", exc_info=error)


class NotificationConsumer:
    """Leases notifications, passes them to a handler one after the other, and acknowledges each that is delivered.

    A handler that raises leaves its notification in the queue; the error is logged. While a handler runs, the leases
    are extended. Any number of consumers share the work. Delivery is at least once: a notification with an `attempt`
    above 1 may have been delivered before.
    """

    def __init__(self, notifications: Notifications, handler: NotificationHandler, options: ConsumeOptions) -> None:
        self._notifications = notifications
        self._handler = handler
        self._options = options
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Makes `run` return after the handler that runs. What was leased and not begun is given back.

        It may be called from any thread and from a signal handler.
        """
        self._stopping.set()

    def run(self) -> None:
        """Consumes notifications until `stop` is called.

        Raises CallError if a retry cannot help: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED,
        FAILED_PRECONDITION or UNIMPLEMENTED. Other failed calls are made again.
        """
        pauses = _Pauses(self._options.poll_interval)
        while not self._stopping.is_set():
            ends_at = monotonic() + self._options.visibility_timeout
            try:
                response = self._notifications.lease(self._options.lease_request())
            except CallError as error:
                pause = pauses.after_failure(error)
            else:
                if response.notifications:
                    self._deliver(list(response.notifications), NotificationLease(response, ends_at))
                pause = pauses.after_success(len(response.notifications))
            self._stopping.wait(pause)

    def _deliver(self, notifications: list[Notification], lease: NotificationLease) -> None:
        done = threading.Event()
        name = "session-authority-notifications"
        extender = threading.Thread(target=self._keep_extending, args=(lease, done), name=name, daemon=True)
        extender.start()
        try:
            for notification in notifications:
                if self._stopping.is_set():
                    break
                self._deliver_one(lease, notification)
        finally:
            done.set()
            extender.join()
            self._give_back(lease)

    def _deliver_one(self, lease: NotificationLease, notification: Notification) -> None:
        if not lease.begin(notification.notification_id):
            return
        try:
            self._handler(notification)
            ids = [notification.notification_id]
            self._notifications.ack(AckRequest(lease_id=lease.lease_id, notification_ids=ids))
        except Exception as error:
            _log_failure(notification, error)
        lease.remove(notification.notification_id)

    def _keep_extending(self, lease: NotificationLease, done: threading.Event) -> None:
        while not done.wait(self._options.visibility_timeout / 3):
            ids = lease.ids(self._options.max_handling_time)
            if not ids:
                continue
            ends_at = monotonic() + self._options.visibility_timeout
            try:
                response = self._notifications.extend(self._options.extend_request(lease, ids))
            except CallError as error:
                _log_extend_failure(error)
            else:
                _extended(lease, response, ends_at)

    def _give_back(self, lease: NotificationLease) -> None:
        ids = lease.ids(self._options.max_handling_time)
        if not ids:
            return
        try:
            self._notifications.extend(_give_back_request(lease, ids))
        except CallError as error:
            _log_extend_failure(error)


class AsyncNotificationConsumer:
    """The same for asyncio. A handler is cancelled after `max_handling_time`, and if its notification is withdrawn."""

    def __init__(
        self, notifications: AsyncNotifications, handler: AsyncNotificationHandler, options: ConsumeOptions
    ) -> None:
        self._notifications = notifications
        self._handler = handler
        self._options = options
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Makes `run` return after the handler that runs. What was leased and not begun is given back."""
        self._stopping.set()

    async def run(self) -> None:
        """Consumes notifications until `stop` is called, and raises as NotificationConsumer does.

        If its task is cancelled, the handler is cancelled too, and its notification is given back.
        """
        pauses = _Pauses(self._options.poll_interval)
        while not self._stopping.is_set():
            ends_at = monotonic() + self._options.visibility_timeout
            try:
                response = await self._notifications.lease(self._options.lease_request())
            except CallError as error:
                pause = pauses.after_failure(error)
            else:
                if response.notifications:
                    await self._deliver(list(response.notifications), NotificationLease(response, ends_at))
                pause = pauses.after_success(len(response.notifications))
            await _wait(self._stopping, pause)

    async def _deliver(self, notifications: list[Notification], lease: NotificationLease) -> None:
        extender = asyncio.create_task(self._keep_extending(lease))
        try:
            for notification in notifications:
                if self._stopping.is_set():
                    break
                await self._deliver_one(lease, notification)
        finally:
            extender.cancel()
            await asyncio.wait({extender})
            await self._give_back(lease)

    async def _deliver_one(self, lease: NotificationLease, notification: Notification) -> None:
        handling = asyncio.ensure_future(self._handler(notification))
        if not lease.begin(notification.notification_id, handling.cancel):
            handling.cancel()  # it has not run yet
            return
        try:
            await asyncio.wait({handling}, timeout=self._options.max_handling_time)
        except asyncio.CancelledError:
            handling.cancel()
            await asyncio.wait({handling})
            raise
        try:
            if not handling.done():
                handling.cancel()
                await asyncio.wait({handling})
            if handling.cancelled():
                raise TimeoutError("the handler was cancelled")
            handling.result()
            ids = [notification.notification_id]
            await self._notifications.ack(AckRequest(lease_id=lease.lease_id, notification_ids=ids))
        except Exception as error:
            _log_failure(notification, error)
        lease.remove(notification.notification_id)

    async def _keep_extending(self, lease: NotificationLease) -> None:
        while True:
            await asyncio.sleep(self._options.visibility_timeout / 3)
            ids = lease.ids(self._options.max_handling_time)
            if not ids:
                continue
            ends_at = monotonic() + self._options.visibility_timeout
            try:
                response = await self._notifications.extend(self._options.extend_request(lease, ids))
            except CallError as error:
                _log_extend_failure(error)
            else:
                _extended(lease, response, ends_at)

    async def _give_back(self, lease: NotificationLease) -> None:
        ids = lease.ids(self._options.max_handling_time)
        if not ids:
            return
        try:
            await self._notifications.extend(_give_back_request(lease, ids))
        except CallError as error:
            _log_extend_failure(error)


def _extended(lease: NotificationLease, response: ExtendResponse, ends_at: float) -> None:
    lease.extended(ends_at)
    lease.lose(response.refused_ids)


def _give_back_request(lease: NotificationLease, ids: list[str]) -> ExtendRequest:
    return ExtendRequest(lease_id=lease.lease_id, notification_ids=ids, visibility_timeout=timedelta(0))


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
