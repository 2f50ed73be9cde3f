"""The client for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast

import grpc
import grpc.aio
from google.protobuf.message import Message

from . import _cache, _methods, _requests, _validate_stream, verdict
from ._channel import call_metadata, channel_arguments, channel_credentials
from ._methods import Method
from ._requests import Validation
from ._retry import Attempts
from .alerts import AsyncAlertStream
from .errors import CallError, NoVerdict, call_error
from .notifications import AsyncNotifications
from .options import Options, Tls, VerdictCache
from .session import CreatedSession, RotatedSession, Session, UpdatedSession
from .token import Token, reveal
from .v1 import admin_service_pb2 as admin
from .v1 import denylist_service_pb2 as denylist
from .v1 import session_service_pb2 as api
from .v1.admin_service_pb2_grpc import AdminServiceStub
from .v1.denylist_service_pb2_grpc import DenylistServiceStub
from .v1.notification_service_pb2_grpc import NotificationServiceStub
from .v1.session_pb2 import ClientContext
from .v1.session_pb2 import Session as SessionMessage
from .v1.session_service_pb2_grpc import SessionServiceStub
from .v1.webhook_service_pb2_grpc import WebhookServiceStub
from .verdict import Accepted, Refused, Undecided, Verdict
from .webhooks import AsyncWebhooks

Response = TypeVar("Response", bound=Message)


class AsyncClient:
    """A connection to a session authority, for one event loop. Deadlines, retries and options are those of Client."""

    def __init__(
        self,
        target: str = "127.0.0.1:50051",
        *,
        api_key: str | None = None,
        tls: Tls | None = None,
        validate_timeout: float = 1.0,
        call_timeout: float = 2.0,
        admin_timeout: float = 35.0,
        cache: VerdictCache | None = None,
    ) -> None:
        """Raises ConfigurationError for options that are unsafe or cannot be used.

        Connects with the first call, in whose event loop the client then stays.
        """
        self._options = Options(target, api_key, tls, validate_timeout, call_timeout, admin_timeout, cache)
        self._credentials = channel_credentials(tls) if tls else None
        self._metadata = call_metadata(self._options)
        self._cache = _cache.VerdictStore(cache) if cache else None
        self.notifications = AsyncNotifications(self._call)
        self.webhooks = AsyncWebhooks(self._call)
        self._channel: grpc.aio.Channel | None = None
        self._open_stubs: dict[str, Any] = {}

    @property
    def _stubs(self) -> dict[str, Any]:
        if self._channel is None:
            arguments = channel_arguments(self._options)
            if self._credentials is None:
                self._channel = grpc.aio.insecure_channel(self._options.target, arguments)
            else:
                self._channel = grpc.aio.secure_channel(self._options.target, self._credentials, arguments)
            self._open_stubs = {
                "session": SessionServiceStub(self._channel),
                "admin": AdminServiceStub(self._channel),
                "denylist": DenylistServiceStub(self._channel),
                "notification": NotificationServiceStub(self._channel),
                "webhook": WebhookServiceStub(self._channel),
            }
        return self._open_stubs

    async def close(self) -> None:
        """Ends the connection and all calls in flight. The next call would open another one."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- Validation ---

    async def validate(
        self,
        token: Token | str,
        client: ClientContext | None = None,
        *,
        peek: bool = False,
        strong: bool = False,
        max_auth_age: timedelta | None = None,
        min_assurance_level: int = 0,
        timeout: float | None = None,
    ) -> Session:
        """Returns the session that the token opens.

        Raises Rejected if it opens none, StepUpRequired if the session does not fulfil the requirements, and NoVerdict
        if the authority gave no verdict. The requirements are those of Validation.
        """
        request = _requests.validate(token, client, peek, strong, max_auth_age, min_assurance_level)
        return verdict.session(await self._validate_response(request, timeout))

    async def try_validate(self, validation: Validation, *, timeout: float | None = None) -> Verdict:
        """Returns whether the token is Accepted or Refused. Still raises NoVerdict."""
        return verdict.verdict(await self._validate_response(validation.request(), timeout))

    async def validate_many(
        self,
        validations: Iterable[Validation],
        *,
        timeout: float = 10.0,
        max_in_flight: int = _validate_stream.MAX_IN_FLIGHT,
    ) -> list[Accepted | Refused | Undecided]:
        """Validates many tokens over one stream. Returns the results in the order of the validations."""
        pending = _validate_stream.PendingValidations([v.request() for v in validations])

        def open_call(requests: AsyncIterator[api.ValidateStreamRequest], timeout: float) -> Any:
            return self._stubs["session"].ValidateStream(requests, timeout=timeout, metadata=self._metadata)

        return pending.results(await _validate_stream.run_async(open_call, pending, timeout, max_in_flight))

    async def _validate_response(self, request: api.ValidateRequest, timeout: float | None) -> api.ValidateResponse:
        timeout = self._options.validate_timeout if timeout is None else timeout
        key = self._cache.key(request) if self._cache else None
        if self._cache is None or key is None:
            return await self._call_validate(request, timeout)
        cached = self._cache.get(key)
        if cached is None:
            generation, asked_at = self._cache.generation, time.monotonic()
            cached = await self._call_validate(request, timeout)
            self._cache.put(key, cached, generation, asked_at)
        return cached

    async def _call_validate(self, request: api.ValidateRequest, timeout: float) -> api.ValidateResponse:
        return cast(
            "api.ValidateResponse",
            await self._attempt(self._stubs["session"].Validate, request, timeout, True, NoVerdict),
        )

    # --- Sessions ---

    async def create(self, request: api.CreateRequest, *, timeout: float | None = None) -> CreatedSession:
        """Creates a session for a user whose credentials were checked. A request ID is added if there is none."""
        response = await self._call(_methods.CREATE, _requests.create(request), timeout, api.CreateResponse)
        return CreatedSession(
            Token(response.token), Session(response.session), tuple(response.ended), tuple(response.alerts)
        )

    async def rotate(
        self, token: Token | str, client: ClientContext | None = None, *, timeout: float | None = None
    ) -> RotatedSession:
        """Replaces the token of a session. Raises like `validate`."""
        request = api.RotateRequest(token=reveal(token), client=client)
        try:
            response = await self._call(_methods.ROTATE, request, timeout, api.RotateResponse)
        except CallError as error:
            raise verdict.no_verdict(error) from error
        return RotatedSession(Token(response.token), verdict.rotated_session(response))

    async def update(
        self,
        session_id: str,
        session: SessionMessage,
        fields: Iterable[str],
        *,
        if_revision: int = 0,
        rotate: bool = False,
        timeout: float | None = None,
    ) -> UpdatedSession:
        """Replaces the named fields of a session by those of `session`. Not repeated if it fails."""
        request = _requests.update(session_id, session, fields, if_revision, rotate)
        response = await self._call(_methods.UPDATE, request, timeout, api.UpdateResponse)
        return UpdatedSession(Session(response.session), Token(response.token) if response.token else None)

    async def get(
        self, session_id: str, *, user_id: str = "", tenant_id: str = "", timeout: float | None = None
    ) -> Session:
        """Returns a session by its ID. A back end that acts for a signed-in user must set `user_id`."""
        request = api.GetRequest(session_id=session_id, user_id=user_id, tenant_id=tenant_id)
        return Session((await self._call(_methods.GET, request, timeout, api.GetResponse)).session)

    async def touch(
        self, touches: Sequence[api.SessionTouch], *, timeout: float | None = None
    ) -> Sequence[api.TouchedSession]:
        """Records activity of sessions, by their IDs."""
        response = await self._call(_methods.TOUCH, api.TouchRequest(touches=touches), timeout, api.TouchResponse)
        return response.sessions

    async def list_sessions(
        self, user_id: str, *, tenant_id: str = "", current_session_id: str = "", timeout: float | None = None
    ) -> list[Session]:
        """Returns the active sessions of a user, most recently active first."""
        request = api.ListRequest(user_id=user_id, tenant_id=tenant_id, current_session_id=current_session_id)
        response = await self._call(_methods.LIST, request, timeout, api.ListResponse)
        return [Session(session) for session in response.sessions]

    async def sign_out(self, token: Token | str, *, timeout: float | None = None) -> bool:
        """Ends the session of a user who signs out. Returns False if it had ended before."""
        return (await self.revoke(token=token, sign_out=True, timeout=timeout)).revoked

    async def revoke(
        self,
        *,
        session_id: str | None = None,
        token: Token | str | None = None,
        device_id: str | None = None,
        user_id: str = "",
        tenant_id: str = "",
        reason: str = "",
        actor: str = "",
        sign_out: bool = False,
        compromised: bool = False,
        timeout: float | None = None,
    ) -> api.RevokeResponse:
        """Ends one session, or those of a device. A back end that acts for a signed-in user must set `user_id`."""
        request = _requests.revoke(
            session_id=session_id,
            token=token,
            device_id=device_id,
            user_id=user_id,
            tenant_id=tenant_id,
            reason=reason,
            actor=actor,
            sign_out=sign_out,
            compromised=compromised,
        )
        return await self._call(_methods.REVOKE, request, timeout, api.RevokeResponse)

    async def revoke_all_of_user(
        self,
        user_id: str,
        *,
        tenant_id: str = "",
        except_session_id: str = "",
        except_token: Token | str | None = None,
        reason: str = "",
        actor: str = "",
        operation_id: str | None = None,
        compromised: bool = False,
        timeout: float | None = None,
    ) -> api.RevokeAllResponse:
        """Ends the sessions of a user, except one if given."""
        request = _requests.revoke_all(
            api.UserScope(tenant_id=tenant_id, user_id=user_id),
            reason=reason,
            actor=actor,
            operation_id=operation_id,
            except_session_id=except_session_id,
            except_token=except_token,
            compromised=compromised,
        )
        return await self._call(_methods.REVOKE_ALL, request, timeout, api.RevokeAllResponse)

    async def revoke_all_of_tenant(
        self,
        tenant_id: str,
        *,
        reason: str = "",
        actor: str = "",
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> api.RevokeAllResponse:
        """Ends the sessions of all users of a tenant."""
        scope = api.TenantScope(tenant_id=tenant_id)
        request = _requests.revoke_all(scope, reason=reason, actor=actor, operation_id=operation_id)
        return await self._call(_methods.REVOKE_ALL, request, timeout, api.RevokeAllResponse)

    async def revoke_everyone(
        self, *, reason: str = "", actor: str = "", operation_id: str | None = None, timeout: float | None = None
    ) -> api.RevokeAllResponse:
        """Ends the sessions of all users of all tenants."""
        request = _requests.revoke_all(api.Everyone(), reason=reason, actor=actor, operation_id=operation_id)
        return await self._call(_methods.REVOKE_ALL, request, timeout, api.RevokeAllResponse)

    async def report_auth_event(
        self, request: api.ReportAuthEventRequest, *, timeout: float | None = None
    ) -> api.ReportAuthEventResponse:
        """Reports a failed sign-in. Not repeated if it fails: each report counts."""
        return await self._call(_methods.REPORT_AUTH_EVENT, request, timeout, api.ReportAuthEventResponse)

    async def ack_alert(self, request: api.AckAlertRequest, *, timeout: float | None = None) -> api.AckAlertResponse:
        """Records whether the user did what an alert is about. If somebody else did, the session of the alert ends.

        A back end that acts for a signed-in user must set `user_id`.
        """
        return await self._call(_methods.ACK_ALERT, request, timeout, api.AckAlertResponse)

    def alerts(self, request: api.StreamAlertsRequest | None = None) -> AsyncAlertStream:
        """Returns the alerts that pass the filters, as an asynchronous iterator that resumes by itself."""

        def open_call(request: api.StreamAlertsRequest) -> Any:
            return self._stubs["session"].StreamAlerts(request, metadata=self._metadata)

        return AsyncAlertStream(open_call, request or api.StreamAlertsRequest())

    # --- Administration ---

    async def search_sessions(
        self, request: admin.SearchSessionsRequest, *, timeout: float | None = None
    ) -> admin.SearchSessionsResponse:
        """Returns a page of active and ended sessions."""
        return await self._call(_methods.SEARCH_SESSIONS, request, timeout, admin.SearchSessionsResponse)

    async def list_events(
        self, request: admin.ListEventsRequest, *, timeout: float | None = None
    ) -> admin.ListEventsResponse:
        """Returns a page of audit events."""
        return await self._call(_methods.LIST_EVENTS, request, timeout, admin.ListEventsResponse)

    async def get_stats(
        self, request: admin.GetStatsRequest, *, timeout: float | None = None
    ) -> admin.GetStatsResponse:
        """Returns statistics of sessions and sign-ins."""
        return await self._call(_methods.GET_STATS, request, timeout, admin.GetStatsResponse)

    async def purge(self, *, timeout: float | None = None) -> admin.PurgeResponse:
        """Removes sessions that have timed out, now."""
        return await self._call(_methods.PURGE, admin.PurgeRequest(), timeout, admin.PurgeResponse)

    def revoke_where(
        self, request: admin.RevokeWhereRequest, *, timeout: float | None = None
    ) -> AsyncIterator[admin.RevokeWhereResponse]:
        """Ends the sessions that match a filter, and yields the progress. Not repeated if it fails."""
        timeout = self._options.admin_timeout if timeout is None else timeout
        call = self._stubs["admin"].RevokeWhere(request, timeout=timeout, metadata=self._metadata)
        return self._responses(call)

    async def list_alerts(
        self, request: admin.ListAlertsRequest, *, timeout: float | None = None
    ) -> admin.ListAlertsResponse:
        """Returns one page of alerts, latest first, with the answers to them."""
        return await self._call(_methods.LIST_ALERTS, request, timeout, admin.ListAlertsResponse)

    async def list_tenants(
        self, request: admin.ListTenantsRequest, *, timeout: float | None = None
    ) -> admin.ListTenantsResponse:
        """Returns one page of tenants, with their numbers of sessions, sign-ins and alerts."""
        return await self._call(_methods.LIST_TENANTS, request, timeout, admin.ListTenantsResponse)

    async def list_nodes(
        self, request: admin.ListNodesRequest, *, timeout: float | None = None
    ) -> admin.ListNodesResponse:
        """Returns the nodes that run, with their condition."""
        return await self._call(_methods.LIST_NODES, request, timeout, admin.ListNodesResponse)

    async def forget_user(
        self, request: admin.ForgetUserRequest, *, timeout: float | None = None
    ) -> admin.ForgetUserResponse:
        """Ends all sessions of a user and erases the user's data."""
        return await self._call(_methods.FORGET_USER, request, timeout, admin.ForgetUserResponse)

    # --- Denylist ---

    async def deny(self, request: denylist.DenyRequest, *, timeout: float | None = None) -> denylist.DenyResponse:
        """Denies JWTs by their IDs."""
        return await self._call(_methods.DENY, request, timeout, denylist.DenyResponse)

    async def check(self, request: denylist.CheckRequest, *, timeout: float | None = None) -> denylist.CheckResponse:
        """Returns whether JWTs are denied, by their IDs."""
        return await self._call(_methods.CHECK, request, timeout, denylist.CheckResponse)

    # --- Calls ---

    async def _responses(self, call: Any) -> AsyncIterator[admin.RevokeWhereResponse]:
        try:
            async for response in call:
                yield response
        except grpc.RpcError as error:
            raise call_error(error) from error
        finally:
            call.cancel()
            if self._cache:
                self._cache.clear()

    async def _call(self, method: Method, request: Message, timeout: float | None, _: type[Response]) -> Response:
        if timeout is None:
            timeout = self._options.admin_timeout if method.admin else self._options.call_timeout
        stub = getattr(self._stubs[method.service], method.name)
        try:
            return cast("Response", await self._attempt(stub, request, timeout, method.idempotent, CallError))
        finally:
            if method.changes and self._cache:
                self._cache.clear()

    async def _attempt(
        self, stub: Any, request: Message, timeout: float, retryable: bool, kind: type[CallError]
    ) -> Message:
        attempts = Attempts(timeout, retryable=retryable)
        while True:
            try:
                return cast("Message", await stub(request, timeout=attempts.remaining(), metadata=self._metadata))
            except grpc.RpcError as failure:
                error = call_error(failure, kind)
                pause = attempts.pause(error.code, error.reason)
                if pause is None:
                    raise error from failure
            await asyncio.sleep(pause)
