"""Validate per second of the clients and of the bare generated stub, alternately, best of the rounds of each."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable

import grpc
import grpc.aio

import session_authority as sa
from session_authority.v1.session_service_pb2 import ValidateRequest
from session_authority.v1.session_service_pb2_grpc import SessionServiceStub

ROUNDS = 4
SECONDS = 1.5
PARALLEL = 64
TIMEOUT = 5.0


def rate(call: Callable[[], object], threads: int) -> float:
    """Returns the calls per second of a number of threads."""
    counts = [0] * threads
    end = time.monotonic() + SECONDS

    def work(index: int) -> None:
        while time.monotonic() < end:
            call()
            counts[index] += 1

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    started = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.monotonic() - started)


async def async_rate(call: Callable[[], Awaitable[object]], tasks: int) -> float:
    """The same for a number of tasks."""
    count = 0
    end = time.monotonic() + SECONDS

    async def work() -> None:
        nonlocal count
        while time.monotonic() < end:
            await call()
            count += 1

    started = time.monotonic()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return count / (time.monotonic() - started)


def measure(target: str, token: str) -> dict[str, dict[str, float]]:
    """Returns the rates of the blocking client."""
    client = sa.Client(target, validate_timeout=TIMEOUT)
    stub = SessionServiceStub(grpc.insecure_channel(target))
    results = {}
    for name, threads in (("sequential", 1), ("parallel64", PARALLEL)):
        library, bare = [], []
        for _ in range(ROUNDS):
            library.append(rate(lambda: client.validate(token), threads))
            bare.append(rate(lambda: stub.Validate(ValidateRequest(token=token), timeout=TIMEOUT), threads))
        results[name] = {"library": max(library), "stub": max(bare)}
    return results


async def measure_async(target: str, token: str) -> dict[str, dict[str, float]]:
    """Returns the rates of the asyncio client."""
    results = {}
    async with sa.AsyncClient(target, validate_timeout=TIMEOUT) as client, grpc.aio.insecure_channel(target) as channel:
        stub = SessionServiceStub(channel)
        for name, tasks in (("sequential", 1), ("parallel64", PARALLEL)):
            library, bare = [], []
            for _ in range(ROUNDS):
                library.append(await async_rate(lambda: client.validate(token), tasks))
                bare.append(
                    await async_rate(lambda: stub.Validate(ValidateRequest(token=token), timeout=TIMEOUT), tasks)
                )
            results[name] = {"library": max(library), "stub": max(bare)}
    return results


def main() -> None:
    target = sys.argv[1]
    with sa.Client(target, call_timeout=10) as client:
        token = client.create(sa.CreateRequest(user_id="bench")).token.reveal()
    print(json.dumps({"language": "python", **measure(target, token)}))
    print(json.dumps({"language": "python-asyncio", **asyncio.run(measure_async(target, token))}))


if __name__ == "__main__":
    main()
