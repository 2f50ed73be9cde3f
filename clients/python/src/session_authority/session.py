"""Sessions as the application sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from .token import Token
from .v1.alert_pb2 import Alert
from .v1.session_pb2 import Device, EndedSession, Location
from .v1.session_pb2 import Session as SessionMessage


def to_datetime(time: Timestamp) -> datetime:
    """Returns the time with its time zone, UTC."""
    return time.ToDatetime(tzinfo=timezone.utc)


class Session:
    """A sign-in of one user on one device. It contains no secret. Fields without a property are in `message`."""

    __slots__ = ("message", "rotate_after")

    message: SessionMessage
    """The message of the contract."""

    rotate_after: datetime | None
    """When to rotate the token, as returned by `validate`. None if it need not be rotated."""

    def __init__(self, message: SessionMessage, rotate_after: datetime | None = None) -> None:
        self.message = message
        self.rotate_after = rotate_after

    @property
    def session_id(self) -> str:
        """The public ID of the session. It gives no access and can be logged."""
        return self.message.session_id

    @property
    def tenant_id(self) -> str:
        """The tenant of the user."""
        return self.message.tenant_id

    @property
    def user_id(self) -> str:
        """The ID of the user, as given to `create`."""
        return self.message.user_id

    @property
    def email(self) -> str:
        """The e-mail address of the user, or an empty text."""
        return self.message.email

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the user in this session."""
        return tuple(self.message.roles)

    @property
    def data(self) -> dict[str, Any]:
        """The data of the application, as a copy."""
        return json_format.MessageToDict(self.message.data)

    @property
    def device(self) -> Device:
        """The device on which the user signed in."""
        return self.message.device

    @property
    def location(self) -> Location:
        """The place and network of the sign-in."""
        return self.message.location

    @property
    def created_at(self) -> datetime:
        """The time of the sign-in."""
        return to_datetime(self.message.created_at)

    @property
    def authenticated_at(self) -> datetime:
        """The time at which the user last authenticated."""
        return to_datetime(self.message.authenticated_at)

    @property
    def last_active_at(self) -> datetime:
        """The time of the last activity."""
        return to_datetime(self.message.last_active_at)

    @property
    def idle_expires_at(self) -> datetime:
        """The time at which the session ends unless it is used before."""
        return to_datetime(self.message.idle_expires_at)

    @property
    def expires_at(self) -> datetime:
        """The time at which the session ends in any case."""
        return to_datetime(self.message.expires_at)

    @property
    def assurance_level(self) -> int:
        """How strongly the user authenticated, from 0."""
        return self.message.assurance_level

    @property
    def auth_methods(self) -> tuple[str, ...]:
        """The methods by which the user authenticated, such as `pwd`."""
        return tuple(self.message.auth_methods)

    @property
    def remembered(self) -> bool:
        """Whether the user asked to stay signed in."""
        return self.message.remembered

    @property
    def current(self) -> bool:
        """Whether this is the session that the call of `list` named as the current one."""
        return self.message.current

    @property
    def revision(self) -> int:
        """The number of changes of the session, for `if_revision` of `update`."""
        return self.message.revision

    def __repr__(self) -> str:
        return f"Session(session_id={self.session_id!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Session):
            return NotImplemented
        return self.message == other.message and self.rotate_after == other.rotate_after

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class CreatedSession:
    """A new session with its token."""

    token: Token
    session: Session
    ended: tuple[EndedSession, ...]
    """Sessions of the user that the new one replaced or evicted."""
    alerts: tuple[Alert, ...]
    """Alerts about this sign-in."""


@dataclass(frozen=True, slots=True)
class RotatedSession:
    """A session with its new token."""

    token: Token
    session: Session


@dataclass(frozen=True, slots=True)
class UpdatedSession:
    """A session after an update. `token` is its new token, if `rotate` was requested."""

    session: Session
    token: Token | None
