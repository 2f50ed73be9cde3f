"""Streams of alerts that resume by themselves."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import grpc

from .errors import call_error
from .v1.alert_pb2 import Alert, Gap
from .v1.session_service_pb2 import StreamAlertsRequest, StreamAlertsResponse

# The server sends a heartbeat at least every 15 seconds.
MAX_SILENCE = 45.0
FIRST_PAUSE = 0.1
MAX_PAUSE = 5.0
REMEMBERED_ALERTS = 1000

_FINAL_CODES = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An alert, or a gap: alerts that may have been missed. Exactly one is set.

    Store `cursor` when the event is processed, to resume after it.
    """

    cursor: str
    alert: Alert | None = None
    gap: Gap | None = None


class AlertPosition:
    """The position of a stream, kept over reconnections."""

    def __init__(self, request: StreamAlertsRequest) -> None:
        self._request = request
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._failures = 0
        self.cursor = request.resume_cursor

    def request(self) -> StreamAlertsRequest:
        """Returns the request that continues the stream."""
        request = StreamAlertsRequest()
        request.CopyFrom(self._request)
        if self.cursor:
            request.resume_cursor = self.cursor
            request.from_start = False
        return request

    def accept(self, response: StreamAlertsResponse) -> AlertEvent | None:
        """Moves the position and returns the event, if the response is one that was not returned before."""
        self._failures = 0
        kind = response.WhichOneof("event")
        if kind == "heartbeat":
            self.cursor = response.heartbeat.cursor
        elif kind == "alert":
            self.cursor = response.alert.cursor
            if self._is_new(response.alert.alert_id):
                return AlertEvent(self.cursor, alert=response.alert)
        elif kind == "gap":
            gap = response.gap
            # After a slow consumer's gap the stream ends, and resuming from its start misses nothing.
            self.cursor = (gap.from_cursor or self.cursor) if gap.reason == "slow_consumer" else gap.to_cursor
            return AlertEvent(self.cursor, gap=gap)
        return None

    def pause(self, error: grpc.RpcError | None) -> float:
        """Returns how long to wait before reconnecting. Raises CallError if that cannot help."""
        if error is not None and error.code() in _FINAL_CODES:
            raise call_error(error) from error
        longest = min(FIRST_PAUSE * 2**self._failures, MAX_PAUSE)
        self._failures = min(self._failures + 1, 16)
        return random.uniform(longest / 2, longest)  # noqa: S311 (not a secret)

    def _is_new(self, alert_id: str) -> bool:
        if alert_id in self._seen:
            return False
        self._seen[alert_id] = None
        if len(self._seen) > REMEMBERED_ALERTS:
            self._seen.popitem(last=False)
        return True


class AlertStream:
    """An iterator over alerts. It reconnects where it was, until it is closed or the server refuses the request."""

    def __init__(self, open_call: Callable[[StreamAlertsRequest], Any], request: StreamAlertsRequest) -> None:
        self._open_call = open_call
        self._position = AlertPosition(request)
        self._closed = threading.Event()
        self._call: Any = None
        self._last_response = monotonic()
        self._watchdog: threading.Thread | None = None

    @property
    def cursor(self) -> str:
        """The latest cursor, also of heartbeats. Empty before the first response."""
        return self._position.cursor

    def close(self) -> None:
        """Ends the stream. An iteration that waits ends."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def __enter__(self) -> AlertStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[AlertEvent]:
        return self

    def __next__(self) -> AlertEvent:
        while not self._closed.is_set():
            error: grpc.RpcError | None = None
            try:
                event = self._next_event()
                if event is not None:
                    return event
            except StopIteration:
                pass
            except grpc.RpcError as failure:
                error = failure
            else:
                continue
            self._call = None
            if not self._closed.is_set():
                self._closed.wait(self._position.pause(error))
        raise StopIteration

    def _next_event(self) -> AlertEvent | None:
        if self._call is None:
            self._last_response = monotonic()
            self._call = self._open_call(self._position.request())
            self._start_watchdog()
            if self._closed.is_set():
                self._call.cancel()
        response = next(self._call)
        self._last_response = monotonic()
        return self._position.accept(response)

    def _start_watchdog(self) -> None:
        if self._watchdog is None:
            self._watchdog = threading.Thread(target=self._watch, name="session-authority-alerts", daemon=True)
            self._watchdog.start()

    def _watch(self) -> None:
        while not self._closed.wait(MAX_SILENCE / 9):
            call = self._call
            if call is not None and monotonic() - self._last_response > MAX_SILENCE:
                call.cancel()


class AsyncAlertStream:
    """The same for asyncio."""

    def __init__(self, open_call: Callable[[StreamAlertsRequest], Any], request: StreamAlertsRequest) -> None:
        self._open_call = open_call
        self._position = AlertPosition(request)
        self._closed = False
        self._call: Any = None
        self._reads: AsyncIterator[StreamAlertsResponse] | None = None

    @property
    def cursor(self) -> str:
        """The latest cursor, also of heartbeats. Empty before the first response."""
        return self._position.cursor

    async def close(self) -> None:
        """Ends the stream. An iteration that waits ends."""
        self._closed = True
        if self._call is not None:
            self._call.cancel()

    async def __aenter__(self) -> AsyncAlertStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[AlertEvent]:
        return self

    async def __anext__(self) -> AlertEvent:
        while not self._closed:
            error: grpc.RpcError | None = None
            try:
                event = await self._next_event()
                if event is not None:
                    return event
                continue
            except (StopAsyncIteration, asyncio.TimeoutError):
                pass
            except grpc.RpcError as failure:
                error = failure
            except asyncio.CancelledError:
                # Closing the stream cancels its call; a cancelled task must end.
                if not self._closed:
                    self._drop_call()
                    raise
            self._drop_call()
            if not self._closed:
                await asyncio.sleep(self._position.pause(error))
        raise StopAsyncIteration

    def _drop_call(self) -> None:
        if self._call is not None:
            self._call.cancel()
        self._call = None

    async def _next_event(self) -> AlertEvent | None:
        if self._call is None:
            self._call = self._open_call(self._position.request())
            self._reads = aiter(self._call)
        assert self._reads is not None  # noqa: S101
        response = await asyncio.wait_for(anext(self._reads), MAX_SILENCE)
        return self._position.accept(response)
