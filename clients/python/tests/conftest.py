from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import pytest

from session_authority import NoVerdict, Rejected, RotatedSession, Session, StepUpRequired, Token
from session_authority.v1 import session_pb2


def session(user_id: str = "ann", *, roles: Iterable[str] = (), rotate_after: datetime | None = None) -> Session:
    now = datetime.now(timezone.utc)
    message = session_pb2.Session(
        session_id="s" * 32, user_id=user_id, tenant_id="default", roles=roles, expires_at=now + timedelta(days=1)
    )
    return Session(message, rotate_after)


def rejected(reason: str) -> Rejected:
    return Rejected(session_pb2.Rejection(reason=f"REJECT_REASON_{reason}", message="Signed out."))


def step_up_required() -> StepUpRequired:
    return StepUpRequired(session_pb2.Rejection(reason="REJECT_REASON_STEP_UP_REQUIRED", required_assurance_level=2))


class FakeAuthority:
    """Stands for a client: returns or raises what a test sets for each token, and records the calls."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Session | Exception] = {"sa_ann": session()}
        self.rotations: dict[str, RotatedSession | Exception] = {}
        self.calls: list[tuple[Any, ...]] = []

    def result(self, results: dict[str, Any], token: Token | str) -> Any:
        text = token.reveal() if isinstance(token, Token) else token
        result = results.get(text, rejected("UNKNOWN"))
        if isinstance(result, Exception):
            raise result
        return result

    def validate(self, token: Token, context: Any = None, **requirements: Any) -> Session:
        self.calls.append(("validate", token.reveal()))
        if requirements.get("min_assurance_level"):
            raise step_up_required()
        found: Session = self.result(self.verdicts, token)
        return found

    def rotate(self, token: Token, context: Any = None) -> RotatedSession:
        self.calls.append(("rotate", token.reveal()))
        found: RotatedSession = self.result(self.rotations, token)
        return found

    def sign_out(self, token: Token) -> bool:
        self.calls.append(("sign_out", token.reveal()))
        self.result(self.verdicts, token)
        return True


class AsyncFakeAuthority(FakeAuthority):
    async def validate(self, *arguments: Any, **requirements: Any) -> Session:  # type: ignore[override]
        return super().validate(*arguments, **requirements)

    async def rotate(self, *arguments: Any) -> RotatedSession:  # type: ignore[override]
        return super().rotate(*arguments)

    async def sign_out(self, token: Token) -> bool:  # type: ignore[override]
        return super().sign_out(token)


@pytest.fixture
def authority() -> FakeAuthority:
    return FakeAuthority()


@pytest.fixture
def async_authority() -> AsyncFakeAuthority:
    return AsyncFakeAuthority()


def no_verdict(code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> NoVerdict:
    return NoVerdict(code, "the store is unreachable")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()
