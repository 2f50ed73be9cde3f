from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from session_authority import CallError, Notification
from session_authority._lease import NotificationLease
from session_authority.consumer import AsyncNotificationConsumer, ConsumeOptions, NotificationConsumer
from session_authority.v1.notification_service_pb2 import AckResponse, ExtendRequest, ExtendResponse, LeaseResponse

from .conftest import Clock

OPTIONS = ConsumeOptions("", 10, 60.0, 0.001, 600.0)


def response(*ids: str) -> LeaseResponse:
    return LeaseResponse(lease_id="l", notifications=[Notification(notification_id=name) for name in ids])


class FakeQueue:
    """Stands for the notifications of a client. `refused` are no longer held by the lease."""

    def __init__(self, *leases: LeaseResponse | CallError) -> None:
        self.leases = list(leases)
        self.acknowledged: list[str] = []
        self.given_back: list[str] = []
        self.extended = 0
        self.refused: list[str] = []
        self.on_empty: Callable[[], None] = lambda: None

    def lease(self, _: Any) -> LeaseResponse:
        if not self.leases:
            self.on_empty()
            return LeaseResponse()
        found = self.leases.pop(0)
        if isinstance(found, CallError):
            raise found
        return found

    def ack(self, request: Any) -> AckResponse:
        self.acknowledged += request.notification_ids
        return AckResponse()

    def extend(self, request: ExtendRequest) -> ExtendResponse:
        if request.visibility_timeout.ToTimedelta():
            self.extended += 1
        else:
            self.given_back += request.notification_ids
        return ExtendResponse(refused_ids=self.refused)


class AsyncFakeQueue(FakeQueue):
    async def lease(self, request: Any) -> LeaseResponse:  # type: ignore[override]
        return super().lease(request)

    async def ack(self, request: Any) -> AckResponse:  # type: ignore[override]
        return super().ack(request)

    async def extend(self, request: ExtendRequest) -> ExtendResponse:  # type: ignore[override]
        return super().extend(request)


def consume(queue: FakeQueue, handler: Callable[[Notification], object]) -> NotificationConsumer:
    consumer = NotificationConsumer(queue, handler, OPTIONS)  # type: ignore[arg-type]
    queue.on_empty = consumer.stop
    return consumer


def test_what_the_handler_delivers_is_acknowledged_and_a_failure_is_left_to_its_lease() -> None:
    def handler(notification: Notification) -> None:
        if notification.notification_id == "b":
            raise OSError("the mail server is unavailable")

    queue = FakeQueue(response("a", "b", "c"))
    consume(queue, handler).run()
    assert (queue.acknowledged, queue.given_back) == (["a", "c"], [])


def test_a_consumer_that_stops_gives_back_what_it_has_not_begun() -> None:
    queue = FakeQueue(response("a", "b", "c"))
    consumer = consume(queue, lambda _: consumer.stop())
    consumer.run()
    assert (queue.acknowledged, sorted(queue.given_back)) == (["a"], ["b", "c"])


def test_a_refused_lease_ends_the_consumer_and_an_outage_does_not() -> None:
    refused = CallError(grpc.StatusCode.PERMISSION_DENIED, "not for this role")
    with pytest.raises(CallError):
        consume(FakeQueue(refused), lambda _: None).run()
    outage = CallError(grpc.StatusCode.UNAVAILABLE, "the audit database is unavailable")
    queue = FakeQueue(outage, response("a"))
    consume(queue, lambda _: None).run()
    assert queue.acknowledged == ["a"]


async def consume_async(queue: AsyncFakeQueue, handler: Any, options: ConsumeOptions = OPTIONS) -> None:
    consumer = AsyncNotificationConsumer(queue, handler, options)  # type: ignore[arg-type]
    queue.on_empty = consumer.stop
    await consumer.run()


async def test_a_handler_ends_when_its_notification_is_withdrawn() -> None:
    queue = AsyncFakeQueue(response("a"))
    queue.refused = ["a"]
    await consume_async(queue, lambda _: asyncio.sleep(60), ConsumeOptions("", 1, 0.03, 0.001, 600.0))
    assert (queue.acknowledged, queue.given_back, queue.extended) == ([], [], 1)


async def test_a_handler_that_hangs_is_cancelled() -> None:
    queue = AsyncFakeQueue(response("a"))
    await consume_async(queue, lambda _: asyncio.sleep(60), ConsumeOptions("", 1, 60.0, 0.001, 0.01))
    assert queue.acknowledged == []


async def test_a_cancelled_consumer_gives_its_notifications_back() -> None:
    queue = AsyncFakeQueue(response("a", "b"))
    begun = asyncio.Event()

    async def handler(_: Notification) -> None:
        begun.set()
        await asyncio.sleep(60)

    running = asyncio.create_task(consume_async(queue, handler))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (queue.acknowledged, sorted(queue.given_back)) == ([], ["a", "b"])


def test_nothing_is_begun_after_the_lease_has_ended(clock: Clock) -> None:
    lease = NotificationLease(response("a", "b"), clock.now + 10, clock)
    assert lease.begin("a")
    clock.now += 11
    assert not lease.begin("b")
    lease.extended(clock.now + 10)
    assert lease.begin("b")


def test_a_lease_is_not_extended_for_a_handler_that_runs_for_too_long(clock: Clock) -> None:
    lease = NotificationLease(response("a", "b"), clock.now + 10, clock)
    lease.begin("a")
    clock.now += 600
    assert lease.ids(600.0) == ["a", "b"]
    clock.now += 1
    assert lease.ids(600.0) == ["b"]
