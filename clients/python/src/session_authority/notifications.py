"""Notifications to users, for services that send them."""

from __future__ import annotations

from . import _methods
from ._calls import AsyncCall, Call
from .consumer import (
    AsyncNotificationConsumer,
    AsyncNotificationHandler,
    ConsumeOptions,
    NotificationConsumer,
    NotificationHandler,
)
from .v1 import notification_service_pb2 as notification


class Notifications:
    """The calls of NotificationService. Reach it as `Client.notifications`."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def consumer(
        self,
        handler: NotificationHandler,
        *,
        tenant_id: str = "",
        max_notifications: int = 10,
        visibility_timeout: float = 60.0,
        poll_interval: float = 5.0,
        max_handling_time: float = 600.0,
    ) -> NotificationConsumer:
        """Returns a consumer that passes notifications to the handler. The options are those of ConsumeOptions."""
        options = ConsumeOptions(tenant_id, max_notifications, visibility_timeout, poll_interval, max_handling_time)
        return NotificationConsumer(self, handler, options)

    def lease(self, request: notification.LeaseRequest, *, timeout: float | None = None) -> notification.LeaseResponse:
        """Leases notifications. Not repeated if it fails: each call leases other notifications."""
        return self._call(_methods.LEASE, request, timeout, notification.LeaseResponse)

    def ack(self, request: notification.AckRequest, *, timeout: float | None = None) -> notification.AckResponse:
        """Acknowledges notifications that were delivered, so that they are never leased again."""
        return self._call(_methods.ACK, request, timeout, notification.AckResponse)

    def extend(
        self, request: notification.ExtendRequest, *, timeout: float | None = None
    ) -> notification.ExtendResponse:
        """Changes the end of the lease of notifications. A timeout of zero gives them back."""
        return self._call(_methods.EXTEND, request, timeout, notification.ExtendResponse)

    def answer_link(
        self, request: notification.AnswerLinkRequest, *, timeout: float | None = None
    ) -> notification.AnswerLinkResponse:
        """Records the answer to an alert by the token of a link, or only checks the token."""
        return self._call(_methods.ANSWER_LINK, request, timeout, notification.AnswerLinkResponse)

    def get_queue_stats(
        self, request: notification.GetQueueStatsRequest, *, timeout: float | None = None
    ) -> notification.GetQueueStatsResponse:
        """Counts the notifications of the queue, and lists dead ones."""
        return self._call(_methods.GET_QUEUE_STATS, request, timeout, notification.GetQueueStatsResponse)

    def requeue(
        self, request: notification.RequeueRequest, *, timeout: float | None = None
    ) -> notification.RequeueResponse:
        """Puts dead notifications back into the queue. Not repeated if it fails."""
        return self._call(_methods.REQUEUE, request, timeout, notification.RequeueResponse)


class AsyncNotifications:
    """The same for asyncio. Reach it as `AsyncClient.notifications`."""

    def __init__(self, call: AsyncCall) -> None:
        self._call = call

    def consumer(
        self,
        handler: AsyncNotificationHandler,
        *,
        tenant_id: str = "",
        max_notifications: int = 10,
        visibility_timeout: float = 60.0,
        poll_interval: float = 5.0,
        max_handling_time: float = 600.0,
    ) -> AsyncNotificationConsumer:
        """Returns a consumer that passes notifications to the handler. The options are those of ConsumeOptions."""
        options = ConsumeOptions(tenant_id, max_notifications, visibility_timeout, poll_interval, max_handling_time)
        return AsyncNotificationConsumer(self, handler, options)

    async def lease(
        self, request: notification.LeaseRequest, *, timeout: float | None = None
    ) -> notification.LeaseResponse:
        """Leases notifications. Not repeated if it fails: each call leases other notifications."""
        return await self._call(_methods.LEASE, request, timeout, notification.LeaseResponse)

    async def ack(self, request: notification.AckRequest, *, timeout: float | None = None) -> notification.AckResponse:
        """Acknowledges notifications that were delivered, so that they are never leased again."""
        return await self._call(_methods.ACK, request, timeout, notification.AckResponse)

    async def extend(
        self, request: notification.ExtendRequest, *, timeout: float | None = None
    ) -> notification.ExtendResponse:
        """Changes the end of the lease of notifications. A timeout of zero gives them back."""
        return await self._call(_methods.EXTEND, request, timeout, notification.ExtendResponse)

    async def answer_link(
        self, request: notification.AnswerLinkRequest, *, timeout: float | None = None
    ) -> notification.AnswerLinkResponse:
        """Records the answer to an alert by the token of a link, or only checks the token."""
        return await self._call(_methods.ANSWER_LINK, request, timeout, notification.AnswerLinkResponse)

    async def get_queue_stats(
        self, request: notification.GetQueueStatsRequest, *, timeout: float | None = None
    ) -> notification.GetQueueStatsResponse:
        """Counts the notifications of the queue, and lists dead ones."""
        return await self._call(_methods.GET_QUEUE_STATS, request, timeout, notification.GetQueueStatsResponse)

    async def requeue(
        self, request: notification.RequeueRequest, *, timeout: float | None = None
    ) -> notification.RequeueResponse:
        """Puts dead notifications back into the queue. Not repeated if it fails."""
        return await self._call(_methods.REQUEUE, request, timeout, notification.RequeueResponse)
