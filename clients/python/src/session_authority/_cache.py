"""The cache of verdicts."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic, time

from .options import VerdictCache
from .v1.session_service_pb2 import CONSISTENCY_STRONG, ValidateRequest, ValidateResponse


class VerdictStore:
    """A bounded cache of verdicts that accept. It never caches a rejection or an error."""

    def __init__(
        self,
        settings: VerdictCache,
        clock: Callable[[], float] = monotonic,
        wall_clock: Callable[[], float] = time,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._wall_clock = wall_clock
        self._lock = Lock()
        self._entries: OrderedDict[bytes, tuple[float, ValidateResponse]] = OrderedDict()
        self._generation = 0

    def key(self, request: ValidateRequest) -> bytes | None:
        """Returns the key of a request, or None if its verdict must not come from the cache."""
        if request.consistency == CONSISTENCY_STRONG:
            return None
        if request.min_assurance_level or request.HasField("max_auth_age"):
            return None
        # Only the digest of the token is kept.
        return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()

    def get(self, key: bytes) -> ValidateResponse | None:
        """Returns the cached verdict, if there is one."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            until, response = entry
            if self._clock() >= until:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return response

    @property
    def generation(self) -> int:
        """A number that changes with each `clear`. Read it before the call whose verdict is put."""
        return self._generation

    def put(self, key: bytes, response: ValidateResponse, generation: int, asked_at: float) -> None:
        """Caches a verdict, unless the cache was cleared since `generation` was read.

        Its lifetime counts from `asked_at`, when the call began.
        """
        if response.WhichOneof("outcome") != "session":
            return
        now = self._wall_clock()
        session = response.session
        lifetime = min(
            response.cache_ttl.ToTimedelta().total_seconds(),
            self._settings.max_ttl,
            *(end.ToNanoseconds() / 1e9 - now for end in (session.expires_at, session.idle_expires_at)),
        )
        until = asked_at + lifetime
        with self._lock:
            if generation != self._generation or until <= self._clock():
                return
            self._entries[key] = (until, response)
            self._entries.move_to_end(key)
            if len(self._entries) > self._settings.max_entries:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        """Removes every verdict, and prevents verdicts of calls in flight from being cached."""
        with self._lock:
            self._generation += 1
            self._entries.clear()
