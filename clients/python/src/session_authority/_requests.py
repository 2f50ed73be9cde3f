"""Requests from the arguments of the client's methods."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from .token import Token, reveal
from .v1.session_pb2 import ClientContext
from .v1.session_pb2 import Session as SessionMessage
from .v1.session_service_pb2 import (
    ACTIVITY_PEEK,
    CONSISTENCY_STRONG,
    CreateRequest,
    Everyone,
    RevokeAllRequest,
    RevokeRequest,
    TenantScope,
    UpdateRequest,
    UserScope,
    ValidateRequest,
)


@dataclass(frozen=True, slots=True)
class Validation:
    """A token to validate, and what its session must fulfil.

    `peek`: the validation does not count as activity; for requests that a page makes by itself. `strong`: the verdict
    includes every change that any node has acknowledged.
    """

    token: Token | str = field(repr=False)
    client: ClientContext | None = None
    peek: bool = False
    strong: bool = False
    max_auth_age: timedelta | None = None
    min_assurance_level: int = 0

    def request(self) -> ValidateRequest:
        """Returns the request."""
        return validate(self.token, self.client, self.peek, self.strong, self.max_auth_age, self.min_assurance_level)


def validate(
    token: Token | str,
    client: ClientContext | None,
    peek: bool,
    strong: bool,
    max_auth_age: timedelta | None,
    min_assurance_level: int,
) -> ValidateRequest:
    """Returns the request of a Validation with these fields."""
    request = ValidateRequest(token=reveal(token), client=client)
    if peek:
        request.activity = ACTIVITY_PEEK
    if strong:
        request.consistency = CONSISTENCY_STRONG
    if min_assurance_level:
        request.min_assurance_level = min_assurance_level
    if max_auth_age is not None:
        request.max_auth_age.CopyFrom(_auth_age(max_auth_age))
    return request


def _auth_age(age: timedelta) -> Duration:
    """Returns the age in whole milliseconds, rounded up: 0 would reject every session."""
    if age <= timedelta(0):
        raise ValueError("max_auth_age must be positive")
    duration = Duration()
    duration.FromMilliseconds(-(-age // timedelta(milliseconds=1)))
    return duration


def create(request: CreateRequest) -> CreateRequest:
    """Returns the request with a request ID, so that a retry returns the same session."""
    if request.request_id:
        return request
    copy = CreateRequest()
    copy.CopyFrom(request)
    copy.request_id = str(uuid.uuid4())
    return copy


def update(
    session_id: str, session: SessionMessage, fields: Iterable[str], if_revision: int, rotate: bool
) -> UpdateRequest:
    return UpdateRequest(
        session_id=session_id,
        session=session,
        update_mask=FieldMask(paths=list(fields)),
        if_revision=if_revision,
        rotate=rotate,
    )


def revoke(
    *,
    session_id: str | None,
    token: Token | str | None,
    device_id: str | None,
    user_id: str,
    tenant_id: str,
    reason: str,
    actor: str,
    sign_out: bool,
    compromised: bool,
) -> RevokeRequest:
    """Returns the request. Raises ValueError unless exactly one target is given."""
    if sum(target is not None for target in (session_id, token, device_id)) != 1:
        raise ValueError("give exactly one of session_id, token and device_id")
    return RevokeRequest(
        session_id=session_id,
        token=None if token is None else reveal(token),
        device_id=device_id,
        user_id=user_id,
        tenant_id=tenant_id,
        reason=reason,
        actor=actor,
        sign_out=sign_out,
        compromised=compromised,
    )


def revoke_all(
    scope: UserScope | TenantScope | Everyone,
    *,
    reason: str,
    actor: str,
    operation_id: str | None,
    except_session_id: str = "",
    except_token: Token | str | None = None,
    compromised: bool = False,
) -> RevokeAllRequest:
    """Returns the request, with an operation ID, so that a retry is not another revocation."""
    return RevokeAllRequest(
        user=scope if isinstance(scope, UserScope) else None,
        tenant=scope if isinstance(scope, TenantScope) else None,
        everyone=scope if isinstance(scope, Everyone) else None,
        except_session_id=except_session_id,
        except_token="" if except_token is None else reveal(except_token),
        reason=reason,
        actor=actor,
        operation_id=operation_id or str(uuid.uuid4()),
        compromised=compromised,
    )
