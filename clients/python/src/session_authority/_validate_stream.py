"""Many validations over one ValidateStream."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import grpc

from ._retry import Attempts
from .errors import CallError, NoVerdict, call_error
from .v1.session_service_pb2 import ValidateRequest, ValidateStreamRequest, ValidateStreamResponse
from .verdict import Accepted, Refused, Undecided, no_outcome, stream_failure, verdict

# Below the limit of the server, 128 by default.
MAX_IN_FLIGHT = 100
# The message of grpc.aio for a write to a call that has ended.
WRITE_FAILED = "Internal error from Core"
MAX_WAIT_FOR_HEADERS = 0.25


class PendingValidations:
    """The validations of one call of `validate_many`, and their results."""

    def __init__(self, requests: Sequence[ValidateRequest]) -> None:
        self._requests = requests
        self._results: list[Accepted | Refused | Undecided | None] = [None] * len(requests)

    def open(self) -> list[int]:
        """Returns the positions of the validations that have no result."""
        return [index for index, result in enumerate(self._results) if result is None]

    def message(self, index: int) -> ValidateStreamRequest:
        return ValidateStreamRequest(tag=index, request=self._requests[index])

    def accept(self, response: ValidateStreamResponse) -> bool:
        """Records a response. Returns whether it was the first one for its request."""
        if response.tag >= len(self._results) or self._results[response.tag] is not None:
            return False
        self._results[response.tag] = _result(response)
        return True

    def results(self, error: NoVerdict | None) -> list[Accepted | Refused | Undecided]:
        """Returns all results. Those that are missing are `error`."""
        missing = Undecided(error or no_outcome())
        return [missing if result is None else result for result in self._results]


def _result(response: ValidateStreamResponse) -> Accepted | Refused | Undecided:
    kind = response.WhichOneof("result")
    if kind == "failure":
        return Undecided(stream_failure(response.failure))
    try:
        return verdict(response.response)
    except NoVerdict as error:
        return Undecided(error)


def run(
    open_call: Callable[..., Any], pending: PendingValidations, timeout: float, max_in_flight: int
) -> NoVerdict | None:
    """Sends the validations and records the responses. Returns why some are missing, or None."""
    attempts = Attempts(timeout, retryable=True)
    stop = threading.Event()
    while True:
        places = threading.Semaphore(max_in_flight)
        requests = _send(pending, pending.open(), places, stop_sending := threading.Event())
        try:
            for response in open_call(requests, timeout=attempts.remaining()):
                if pending.accept(response):
                    places.release()
            error = None
        except grpc.RpcError as failure:
            error = call_error(failure, NoVerdict)
        finally:
            # The thread of gRPC that waits for a place ends.
            stop_sending.set()
            places.release()
        if not pending.open():
            return None
        pause = attempts.pause(error.code if error else grpc.StatusCode.UNAVAILABLE, error.reason if error else "")
        if pause is None:
            return error if isinstance(error, NoVerdict) else None
        stop.wait(pause)


def _send(
    pending: PendingValidations, indexes: list[int], places: threading.Semaphore, stop: threading.Event
) -> Iterator[ValidateStreamRequest]:
    for index in indexes:
        places.acquire()
        if stop.is_set():
            return
        yield pending.message(index)


async def run_async(
    open_call: Callable[..., Any], pending: PendingValidations, timeout: float, max_in_flight: int
) -> NoVerdict | None:
    """The same for asyncio."""
    attempts = Attempts(timeout, retryable=True)
    while True:
        places = asyncio.Semaphore(max_in_flight)
        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        call = open_call(_send_async(pending, pending.open(), places, opened), timeout=attempts.remaining())
        opened.set_result(call)
        try:
            async for response in call:
                if pending.accept(response):
                    places.release()
            error = None
        except grpc.RpcError as failure:
            error = _stream_error(failure)
        finally:
            call.cancel()
        if not pending.open():
            return None
        pause = attempts.pause(error.code if error else grpc.StatusCode.UNAVAILABLE, error.reason if error else "")
        if pause is None:
            return error if isinstance(error, NoVerdict) else None
        await asyncio.sleep(pause)


def _stream_error(failure: grpc.RpcError) -> CallError:
    """Returns the error of a stream. After a write to a stream that has ended, grpc.aio knows no status."""
    error = call_error(failure, NoVerdict)
    if error.code is grpc.StatusCode.INTERNAL and error.message == WRITE_FAILED:
        return NoVerdict(grpc.StatusCode.UNAVAILABLE, "the stream ended")
    return error


async def _send_async(
    pending: PendingValidations, indexes: list[int], places: asyncio.Semaphore, opened: asyncio.Future[Any]
) -> AsyncIterator[ValidateStreamRequest]:
    # A server that refuses the stream does so before it reads. Its status would be lost if a write failed first.
    call = await opened
    headers = asyncio.ensure_future(call.initial_metadata())
    await asyncio.wait({headers}, timeout=MAX_WAIT_FOR_HEADERS)
    headers.cancel()
    for index in indexes:
        await places.acquire()
        if call.done():
            return
        yield pending.message(index)
