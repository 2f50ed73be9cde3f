"""Verdicts about tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import grpc

from .errors import CallError, ErrorDetails, InvalidField, NoVerdict, Rejected, StepUpRequired, rejection_error
from .session import Session, to_datetime
from .v1.error_reason_pb2 import ErrorReason
from .v1.session_service_pb2 import RotateResponse, ValidateFailure, ValidateResponse


class _NotABoolean:
    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is not a boolean; check its type, or use get()")


@dataclass(frozen=True, slots=True)
class Accepted(_NotABoolean):
    """The token opens this session."""

    session: Session

    def get(self) -> Session:
        """Returns the session."""
        return self.session


@dataclass(frozen=True, slots=True)
class Refused(_NotABoolean):
    """The token opens no session, or not for this request."""

    error: Rejected | StepUpRequired

    def get(self) -> NoReturn:
        """Raises the error."""
        raise self.error


@dataclass(frozen=True, slots=True)
class Undecided(_NotABoolean):
    """There is no verdict."""

    error: NoVerdict

    def get(self) -> NoReturn:
        """Raises the error."""
        raise self.error


Verdict: TypeAlias = Accepted | Refused


def verdict(response: ValidateResponse) -> Verdict:
    """Returns the verdict of a response. Raises NoVerdict if the response has none."""
    outcome = response.WhichOneof("outcome")
    if outcome == "session":
        return Accepted(_session(response))
    if outcome == "rejection":
        return Refused(rejection_error(response.rejection))
    raise no_outcome()


def session(response: ValidateResponse) -> Session:
    """Returns the session of a response, or raises the error of its verdict. Raises NoVerdict if it has none."""
    return _session(response) if response.HasField("session") else verdict(response).get()


def _session(response: ValidateResponse) -> Session:
    rotate_after = to_datetime(response.rotate_after) if response.HasField("rotate_after") else None
    return Session(response.session, rotate_after)


def no_outcome() -> NoVerdict:
    """Returns the error for a response that has no outcome that this release knows."""
    return NoVerdict(grpc.StatusCode.INTERNAL, "the response has neither a session nor a rejection")


def rotated_session(response: RotateResponse) -> Session:
    """Returns the session of a response, or raises its rejection."""
    outcome = response.WhichOneof("outcome")
    if outcome == "session" and response.token:
        return Session(response.session)
    if outcome == "rejection":
        raise rejection_error(response.rejection)
    raise no_outcome()


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def stream_failure(failure: ValidateFailure) -> NoVerdict:
    """Returns the error for a validation of a stream that failed."""
    try:
        reason = ErrorReason.Name(failure.reason).removeprefix("ERROR_REASON_")
    except ValueError:
        reason = ""
    details = ErrorDetails(
        reason="" if reason == "UNSPECIFIED" else reason,
        fields=(InvalidField(failure.field, failure.message),) if failure.field else (),
        retry_after=failure.retry_after.ToTimedelta() if failure.HasField("retry_after") else None,
    )
    return NoVerdict(_CODES.get(failure.code, grpc.StatusCode.UNKNOWN), failure.message, details)


def no_verdict(error: CallError) -> NoVerdict:
    """Returns the error of a call as one that says that there is no verdict."""
    details = ErrorDetails(error.reason, error.metadata, error.fields, error.retry_after)
    return NoVerdict(error.code, error.message, details, error.request_id)
