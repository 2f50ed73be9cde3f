"""Protection of ASGI applications (Starlette, FastAPI and others)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from datetime import timedelta
from typing import Any, Protocol, TypeAlias

from ..async_client import AsyncClient
from ..errors import CallError, Rejected, StepUpRequired
from ..session import CreatedSession, Session
from ..token import Token
from ..v1.session_pb2 import ClientContext
from .cookies import (
    DEVICE_COOKIE,
    SESSION_COOKIE,
    cookie_values,
    delete_session_cookie,
    device_cookie,
    is_device_id,
    new_device_id,
    session_cookie,
)
from .protection import CrossSiteRequest, Denied, Granted, MissingRole, Protection, denied, run_async, with_any_role
from .request import AmbiguousCredential, IncomingRequest

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_STATE = "session_authority"
_POLICY_VIOLATION = 1008


class Connection(Protocol):
    """A request of Starlette or FastAPI, or anything else with an ASGI scope."""

    @property
    def scope(self) -> Scope:
        """The ASGI scope."""
        ...


class Response(Protocol):
    """A response of Starlette or FastAPI."""

    @property
    def headers(self) -> Any:
        """The headers, to which cookies are appended."""
        ...


class SessionMiddleware:
    """Protects an application: each request needs a session, except on paths that are listed as public or optional.

    The application may raise Rejected, StepUpRequired, MissingRole, CrossSiteRequest and CallError: they become
    responses.
    """

    def __init__(
        self,
        app: AsgiApp,
        client: AsyncClient,
        *,
        public: Iterable[str] = (),
        optional: Iterable[str] = (),
        trusted_proxies: int = 0,
    ) -> None:
        """The arguments are those of Protection."""
        self._app = app
        self._client = client
        self._protection = Protection(tuple(public), tuple(optional), trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a connection of ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] not in ("http", "websocket"):
            raise RuntimeError(f"cannot protect a connection of type {scope['type']}")
        outcome = await run_async(self._protection.decide(incoming_request(scope)), self._client)
        if isinstance(outcome, Denied):
            await _deny(scope, receive, send, outcome)
            return
        scope[_STATE] = (self._client, outcome)
        response = _ResponseStart(send, outcome.set_cookie)
        try:
            await self._app(scope, receive, response.send)
        except (Rejected, StepUpRequired, MissingRole, CrossSiteRequest, CallError) as error:
            if response.started:
                raise
            await _deny(scope, receive, send, denied(error))


def require_session(connection: Connection) -> Session:
    """Returns the session of a request. Raises RuntimeError on a path that is listed as public or optional."""
    session = optional_session(connection)
    if session is None:
        raise RuntimeError("this path is listed as public or optional, so it may have no session")
    return session


def optional_session(connection: Connection) -> Session | None:
    """Returns the session of a request to a path that is listed as optional, or None."""
    return _granted(connection).session


def require_role(connection: Connection, *roles: str) -> Session:
    """Returns the session of a request that has one of the roles. Raises MissingRole, and like require_session."""
    return with_any_role(require_session(connection), roles)


async def step_up(
    connection: Connection, *, max_auth_age: timedelta | None = None, min_assurance_level: int = 0
) -> Session:
    """Returns the session if the user authenticated recently and strongly enough. Raises like `validate`."""
    client, granted = _state(connection)
    if granted.token is None:
        raise RuntimeError("this path is listed as public or optional, so it may have no session")
    return await client.validate(
        granted.token, granted.context, max_auth_age=max_auth_age, min_assurance_level=min_assurance_level
    )


def client_context(connection: Connection) -> ClientContext:
    """Returns the attributes of the user's device, for `create`."""
    context = ClientContext()
    context.CopyFrom(_granted(connection).context or ClientContext())
    return context


def session_token(connection: Connection) -> Token | None:
    """Returns the token that the request carries, accepted or not."""
    granted = _granted(connection)
    if granted.token is not None:
        return granted.token
    try:
        credential = incoming_request(connection.scope).credential()
    except AmbiguousCredential:
        return None
    return credential.token if credential else None


def ensure_device(connection: Connection, context: ClientContext, response: Response) -> None:
    """Sets the ID of the device in the context: that of its cookie, or a new one for which the response sets a cookie.

    Call it before `create`.
    """
    devices = cookie_values(incoming_request(connection.scope).values("cookie"), DEVICE_COOKIE)
    if len(devices) == 1 and is_device_id(device := devices.pop()):
        context.device_id = device
        return
    context.device_id = new_device_id()
    response.headers.append("set-cookie", device_cookie(context.device_id))


async def sign_in(
    connection: Connection, response: Response, created: CreatedSession, *, allow_cross_site: bool = False
) -> None:
    """Sets the cookie of a new session, and ends the session that the browser had before.

    If a page of another site sent the request, it ends the new session and raises CrossSiteRequest: the site could sign
    its visitors in to an account of its own. `allow_cross_site` is for callbacks with their own proof, as of SAML.
    """
    client, _ = _state(connection)
    if not allow_cross_site and incoming_request(connection.scope).is_cross_site_change():
        await client.sign_out(created.token)
        raise CrossSiteRequest
    previous = session_token(connection)
    if previous is not None and previous != created.token:
        await client.sign_out(previous)
    response.headers.append("set-cookie", session_cookie(created.token, created.session))


async def sign_out(connection: Connection, response: Response) -> None:
    """Ends the session of the request and deletes its cookie. Raises CallError if the session may still be active."""
    client, _ = _state(connection)
    token = session_token(connection)
    if token is not None:
        await client.sign_out(token)
    response.headers.append("set-cookie", delete_session_cookie())


def incoming_request(scope: Scope) -> IncomingRequest:
    """Returns what the protection reads of an ASGI scope."""
    client = scope.get("client")
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
    return IncomingRequest(
        method=scope.get("method", "GET"),
        path=scope["path"],
        headers=headers,
        peer=client[0] if client else "",
        is_websocket=scope["type"] == "websocket",
    )


def _state(connection: Connection) -> tuple[AsyncClient, Granted]:
    state = connection.scope.get(_STATE)
    if state is None:
        raise RuntimeError("SessionMiddleware does not wrap this application")
    client, granted = state
    return client, granted


def _granted(connection: Connection) -> Granted:
    return _state(connection)[1]


class _ResponseStart:
    """Adds a cookie to the response, unless the application sets the same cookie itself."""

    def __init__(self, send: Send, set_cookie: str | None) -> None:
        self._send = send
        self._set_cookie = set_cookie
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            self.started = True
            headers = list(message.get("headers", ()))
            if self._set_cookie is not None and not any(_is_session_cookie(header) for header in headers):
                headers.append((b"set-cookie", self._set_cookie.encode()))
                message = {**message, "headers": headers}
        await self._send(message)


def _is_session_cookie(header: tuple[bytes, bytes]) -> bool:
    name, value = header
    return name.lower() == b"set-cookie" and value.startswith(SESSION_COOKIE.encode() + b"=")


async def _deny(scope: Scope, receive: Receive, send: Send, outcome: Denied) -> None:
    if scope["type"] == "websocket":
        # Closing before accepting makes the server respond with 403.
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": outcome.error})
        return
    body = outcome.body()
    headers = [(name.encode(), value.encode()) for name, value in outcome.all_headers()]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": outcome.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
