"""What a call raises instead of returning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from .session import to_datetime
from .v1.session_pb2 import Rejection
from .v1.session_pb2 import RejectReason as RejectReasonEnum


class SessionAuthorityError(Exception):
    """The base of all errors of this library."""


class ConfigurationError(SessionAuthorityError, ValueError):
    """The options of a connection cannot be used, or would send a credential unencrypted."""


class RejectReason(IntEnum):
    """Why a token is rejected. A reason that this release does not know is UNKNOWN."""

    MALFORMED = 1
    UNKNOWN = 2
    REVOKED = 11
    REVOKED_ALL = 12
    EVICTED = 13
    REPLACED = 14
    IDLE_TIMEOUT = 15
    EXPIRED = 16
    TOKEN_REUSED = 17
    HIJACK_SUSPECTED = 18
    SIGNED_OUT = 19
    IP_MISMATCH = 31
    DEVICE_MISMATCH = 32
    STEP_UP_REQUIRED = 33
    ROTATION_REQUIRED = 34
    TOKEN_ROTATED = 35

    @classmethod
    def from_number(cls, number: int) -> RejectReason:
        """Returns the reason with this number, or UNKNOWN."""
        try:
            return cls(number)
        except ValueError:
            return cls.UNKNOWN


class Rejected(SessionAuthorityError):
    """The token opens no session, or not for this request: the user is signed out. Return 401."""

    def __init__(self, rejection: Rejection) -> None:
        self.reason = RejectReason.from_number(rejection.reason)
        self.message = rejection.message
        self.ended_at: datetime | None = to_datetime(rejection.ended_at) if rejection.HasField("ended_at") else None
        self.actor = rejection.actor
        self.stated_reason = rejection.stated_reason
        self.session_id = rejection.session_id
        super().__init__(f"{self.reason.name}: {self.message}")


class StepUpRequired(SessionAuthorityError):
    """The session is active, and the user must authenticate again, or more strongly, for this request. Return 403."""

    def __init__(self, rejection: Rejection) -> None:
        self.message = rejection.message
        self.session_id = rejection.session_id
        self.required_assurance_level: int = rejection.required_assurance_level
        self.required_max_auth_age: timedelta | None = (
            rejection.required_max_auth_age.ToTimedelta() if rejection.HasField("required_max_auth_age") else None
        )
        super().__init__(f"STEP_UP_REQUIRED: {self.message}")


def rejection_error(rejection: Rejection) -> Rejected | StepUpRequired:
    """Returns the error to raise for a rejection."""
    if rejection.reason == RejectReasonEnum.REJECT_REASON_STEP_UP_REQUIRED:
        return StepUpRequired(rejection)
    return Rejected(rejection)


@dataclass(frozen=True, slots=True)
class InvalidField:
    """An invalid field of a request."""

    field: str
    description: str


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """The details of a failed call, decoded from its status."""

    reason: str = ""
    """Name of an ErrorReason without its prefix, such as `SESSION_NOT_FOUND`. Empty if the server sent none."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[InvalidField, ...] = ()
    retry_after: timedelta | None = None

    @classmethod
    def from_status(cls, encoded: bytes | None) -> ErrorDetails:
        """Decodes the trailer `grpc-status-details-bin`. A trailer that cannot be decoded has no details."""
        if not encoded:
            return cls()
        values: dict[str, Any] = {}
        try:
            for detail in status_pb2.Status.FromString(encoded).details:
                if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                    info = error_details_pb2.ErrorInfo.FromString(detail.value)
                    values["reason"], values["metadata"] = info.reason, dict(info.metadata)
                elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
                    violations = error_details_pb2.BadRequest.FromString(detail.value).field_violations
                    values["fields"] = tuple(InvalidField(v.field, v.description) for v in violations)
                elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
                    delay = error_details_pb2.RetryInfo.FromString(detail.value).retry_delay
                    values["retry_after"] = delay.ToTimedelta()
        except DecodeError:
            return cls()
        return cls(**values)


class CallError(SessionAuthorityError):
    """A call failed."""

    def __init__(
        self, code: grpc.StatusCode, message: str, details: ErrorDetails | None = None, request_id: str = ""
    ) -> None:
        details = details or ErrorDetails()
        self.code = code
        self.message = message
        self.reason = details.reason
        self.metadata = details.metadata
        self.fields = details.fields
        self.retry_after = details.retry_after
        self.request_id = request_id
        """The `x-request-id` of the response, by which the operator finds the call in the log of the server."""
        named = f"{code.name} ({details.reason})" if details.reason else code.name
        invalid = "".join(f"; {f.field}: {f.description}" for f in details.fields)
        super().__init__(f"{named}: {message}{invalid}")


class NoVerdict(CallError):
    """Whether the token is valid is unknown: never treat it as signed out, nor as signed in. Return 503."""


def call_error(error: grpc.RpcError, kind: type[CallError] = CallError) -> CallError:
    """Returns the error to raise for a failed call."""
    trailing = metadata_of(error, "trailing_metadata")
    initial = metadata_of(error, "initial_metadata")
    encoded = trailing.get("grpc-status-details-bin")
    request_id = initial.get("x-request-id") or trailing.get("x-request-id") or ""
    return kind(
        error.code(),
        error.details() or "",
        ErrorDetails.from_status(encoded if isinstance(encoded, bytes) else None),
        request_id if isinstance(request_id, str) else "",
    )


def metadata_of(error: grpc.RpcError, kind: str) -> dict[str, str | bytes]:
    """Returns the metadata of a failed call. There is none if no response arrived."""
    read = getattr(error, kind, None)
    pairs: Iterable[tuple[str, str | bytes]] = (read() if read else None) or ()
    return dict(pairs)
