from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from session_authority import Validation, VerdictCache
from session_authority._cache import VerdictStore
from session_authority.v1.session_pb2 import Rejection, Session
from session_authority.v1.session_service_pb2 import ValidateResponse

from .conftest import Clock


def accepted(ttl: float = 60, ends_in: float = 3600) -> ValidateResponse:
    end = datetime.now(timezone.utc) + timedelta(seconds=ends_in)
    return ValidateResponse(
        session=Session(user_id="ann", expires_at=end, idle_expires_at=end), cache_ttl=timedelta(seconds=ttl)
    )


@pytest.fixture
def store(clock: Clock) -> VerdictStore:
    return VerdictStore(VerdictCache(max_entries=2, max_ttl=30), clock)


def put(store: VerdictStore, clock: Clock, response: ValidateResponse, key: bytes = b"key") -> None:
    store.put(key, response, store.generation, clock())


def test_a_verdict_lives_as_long_as_the_shorter_of_both_limits(store: VerdictStore, clock: Clock) -> None:
    put(store, clock, accepted(ttl=10), b"server")
    put(store, clock, accepted(ttl=60), b"client")
    clock.now += 9.9
    assert store.get(b"server") is not None
    clock.now += 0.1
    assert store.get(b"server") is None
    clock.now += 19.9
    assert store.get(b"client") is not None
    clock.now += 0.1
    assert store.get(b"client") is None


def test_the_lifetime_counts_from_the_beginning_of_the_call(store: VerdictStore, clock: Clock) -> None:
    store.put(b"key", accepted(ttl=10), store.generation, clock() - 9)
    clock.now += 1
    assert store.get(b"key") is None


@pytest.mark.parametrize(
    "response",
    [
        accepted(ttl=0),
        accepted(ends_in=-1),
        ValidateResponse(session=Session()),
        ValidateResponse(rejection=Rejection(reason="REJECT_REASON_REVOKED"), cache_ttl=timedelta(seconds=60)),
        ValidateResponse(cache_ttl=timedelta(seconds=60)),
    ],
)
def test_nothing_else_is_cached(store: VerdictStore, clock: Clock, response: ValidateResponse) -> None:
    put(store, clock, response)
    assert store.get(b"key") is None


def test_the_least_recently_used_verdict_makes_room(store: VerdictStore, clock: Clock) -> None:
    for key in (b"1", b"2"):
        put(store, clock, accepted(), key)
    store.get(b"1")
    put(store, clock, accepted(), b"3")
    assert [store.get(key) is not None for key in (b"1", b"2", b"3")] == [True, False, True]


def test_a_verdict_of_a_call_before_a_revocation_is_not_cached(store: VerdictStore, clock: Clock) -> None:
    generation = store.generation
    store.clear()
    store.put(b"key", accepted(), generation, clock())
    assert store.get(b"key") is None


def test_the_key_has_no_token_and_covers_the_context(store: VerdictStore) -> None:
    keys = [store.key(v.request()) for v in (Validation("sa_a"), Validation("sa_b"), Validation("sa_a", peek=True))]
    assert len(set(keys)) == 3
    assert all(key is not None and b"sa_" not in key and len(key) == 32 for key in keys)


@pytest.mark.parametrize(
    "validation",
    [
        Validation("sa_a", strong=True),
        Validation("sa_a", min_assurance_level=1),
        Validation("sa_a", max_auth_age=timedelta(seconds=1)),
    ],
)
def test_demands_bypass_the_cache(store: VerdictStore, validation: Validation) -> None:
    assert store.key(validation.request()) is None
