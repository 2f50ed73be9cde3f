import grpc
import pytest

from session_authority._retry import Attempts

from .conftest import Clock

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


def test_three_attempts_are_made(clock: Clock) -> None:
    attempts = Attempts(10, retryable=True, clock=clock)
    pauses = [attempts.pause(UNAVAILABLE, "") for _ in range(4)]
    assert all(0.05 <= pause <= 0.2 for pause in pauses[:2] if pause is not None)
    assert pauses[2:] == [None, None]


def test_a_call_that_is_not_idempotent_is_made_once(clock: Clock) -> None:
    assert Attempts(10, retryable=False, clock=clock).pause(UNAVAILABLE, "") is None


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not UNAVAILABLE])
def test_other_codes_are_not_retried(clock: Clock, code: grpc.StatusCode) -> None:
    assert Attempts(10, retryable=True, clock=clock).pause(code, "") is None


@pytest.mark.parametrize("reason", ["STORE_NOT_BOUND", "AUDIT_WENT_BACK"])
def test_what_only_an_operator_can_change_is_not_retried(clock: Clock, reason: str) -> None:
    assert Attempts(10, retryable=True, clock=clock).pause(UNAVAILABLE, reason) is None


def test_no_attempt_begins_after_the_deadline(clock: Clock) -> None:
    attempts = Attempts(1, retryable=True, clock=clock)
    clock.now += 0.97
    assert attempts.remaining() == pytest.approx(0.03)
    assert attempts.pause(UNAVAILABLE, "") is None
