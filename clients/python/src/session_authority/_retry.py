"""Retries of failed calls."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import monotonic

import grpc

MAX_ATTEMPTS = 3
FIRST_PAUSE = 0.05
MAX_PAUSE = 0.2
# An attempt with less time than this is not worth making.
MIN_ATTEMPT = 0.01
# Only another node, or an operator, can help; a retry only adds load.
HOPELESS = frozenset({"STORE_NOT_BOUND", "AUDIT_WENT_BACK"})


class Attempts:
    """The attempts of one call. All are made within one deadline."""

    __slots__ = ("_clock", "_count", "_deadline", "_retryable")

    def __init__(self, timeout: float, *, retryable: bool, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._deadline = clock() + timeout
        self._retryable = retryable
        self._count = 1

    def remaining(self) -> float:
        """Returns the time that remains for the next attempt, in seconds."""
        return max(self._deadline - self._clock(), 0.0)

    def pause(self, code: grpc.StatusCode, reason: str) -> float | None:
        """Returns how long to wait before the next attempt, or None if there is none."""
        if not self._retryable or code is not grpc.StatusCode.UNAVAILABLE or reason in HOPELESS:
            return None
        if self._count >= MAX_ATTEMPTS:
            return None
        longest = min(FIRST_PAUSE * 2**self._count, MAX_PAUSE)
        pause = random.uniform(FIRST_PAUSE, longest)  # noqa: S311 (not a secret)
        if self.remaining() < pause + MIN_ATTEMPT:
            return None
        self._count += 1
        return pause
