"""The decision about a request, without input and output: the middleware of each framework carries out its calls."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypeAlias

import grpc

from ..async_client import AsyncClient
from ..client import Client
from ..errors import CallError, ConfigurationError, NoVerdict, Rejected, RejectReason, StepUpRequired
from ..session import RotatedSession, Session
from ..token import Token
from ..v1.session_pb2 import ClientContext
from .cookies import delete_session_cookie, session_cookie
from .request import AmbiguousCredential, Credential, IncomingRequest

RETRY_AFTER_SECONDS = "1"
UNAUTHENTICATED = 401
_ROTATABLE = frozenset({RejectReason.ROTATION_REQUIRED, RejectReason.TOKEN_ROTATED})
# From here on, the session is active, and a later request of the same client may be accepted.
_FIRST_REASON_OF_ACTIVE_SESSIONS = RejectReason.IP_MISMATCH

AnyClient: TypeAlias = Client | AsyncClient
Call: TypeAlias = Callable[[Any], Any]
Decision: TypeAlias = "Generator[Call, Any, Granted | Denied]"


class MissingRole(Exception):
    """The session has none of the roles that a handler requires: 403."""


class CrossSiteRequest(Exception):
    """A page of another site sent the form of a sign-in: 403."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The response to a request that must not reach the application."""

    status: int
    error: str
    message: str
    headers: tuple[tuple[str, str], ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def set_cookie(self) -> str | None:
        """The `Set-Cookie` header, if there is one."""
        return dict(self.headers).get("set-cookie")

    def all_headers(self) -> list[tuple[str, str]]:
        """Returns the headers of the response, `content-type` among them."""
        return [("content-type", "application/problem+json"), ("cache-control", "no-store"), *self.headers]

    def body(self) -> bytes:
        """Returns the body of the response: problem details in JSON."""
        problem = {"title": self.message, "status": self.status, "error": self.error, **self.details}
        return json.dumps(problem).encode()


@dataclass(frozen=True, slots=True)
class Granted:
    """A request that may reach the application. Only a public path has no session."""

    session: Session | None = None
    token: Token | None = None
    context: ClientContext | None = None
    set_cookie: str | None = field(default=None, repr=False)
    """A `Set-Cookie` header for the response: the token was rotated, or it was rejected on an optional path."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What is protected, and how.

    `public` and `optional` name paths: `/about`, `POST /sign-in` for one method, or `/static/*` for everything below.
    GET includes HEAD. A public path is served without validating a session. An optional one is served with the session,
    if there is one; without a verdict it is 503 as well. Everything else needs a session.

    `trusted_proxies` is the number of your own proxies that append to `X-Forwarded-For`.
    """

    public: Iterable[str] = ()
    optional: Iterable[str] = ()
    trusted_proxies: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.public, str) or isinstance(self.optional, str):
            raise ConfigurationError("public and optional are lists of paths")
        for pattern in (*self.public, *self.optional):
            path = pattern.rpartition(" ")[2]
            if not path.startswith("/") or "*" in path.removesuffix("/*"):
                raise ConfigurationError(f"not a path, METHOD path, or path/*: {pattern!r}")
        if self.trusted_proxies < 0:
            raise ConfigurationError("trusted_proxies must not be negative")

    def decide(self, request: IncomingRequest) -> Decision:
        """Decides about a request. Yields the calls of the client, and is sent their results."""
        context = request.client_context(self.trusted_proxies)
        public, optional = _matches(self.public, request), _matches(self.optional, request)
        if request.has_session_cookie() and request.is_cross_site_change():
            return denied(CrossSiteRequest())
        if public:
            return Granted(context=context)
        outcome = yield from _outcome(request, context)
        if optional and isinstance(outcome, Denied) and outcome.status == UNAUTHENTICATED:
            return Granted(context=context, set_cookie=outcome.set_cookie)
        return outcome


def _outcome(request: IncomingRequest, context: ClientContext) -> Decision:
    """Decides about a request that needs a session."""
    try:
        credential = request.credential()
    except AmbiguousCredential:
        message = "The request has several differing session tokens."
        return unauthenticated("AMBIGUOUS", message, delete_cookie=request.has_session_cookie())
    if credential is None:
        return unauthenticated("MISSING", "Sign in first.")
    try:
        return (yield from _validated(credential, context))
    except Rejected as error:
        return denied(error, delete_cookie=credential.from_cookie)
    except (StepUpRequired, CallError) as error:
        return denied(error)


def _validated(credential: Credential, context: ClientContext) -> Generator[Call, Any, Granted]:
    """Validates a token, and rotates it if that is due. Only a cookie can be replaced by the response."""
    token = credential.token
    try:
        session: Session = yield lambda client: client.validate(token, context)
    except Rejected as error:
        if error.reason not in _ROTATABLE or not credential.from_cookie:
            raise
        rotated = yield from _rotated(token, context)
        if rotated is None:
            raise
        session = yield lambda client: client.validate(rotated.token, context)
        return Granted(session, rotated.token, context, session_cookie(rotated.token, session))
    due = session.rotate_after is not None and session.rotate_after <= datetime.now(timezone.utc)
    if due and credential.from_cookie:
        renewed = yield from _rotated(token, context)
        if renewed is not None:
            return Granted(renewed.session, renewed.token, context, session_cookie(renewed.token, renewed.session))
    return Granted(session, token, context)


def _rotated(token: Token, context: ClientContext) -> Generator[Call, Any, RotatedSession | None]:
    """Returns the session with its new token, or None if this caller may not rotate tokens."""
    try:
        rotated: RotatedSession = yield lambda client: client.rotate(token, context)
    except NoVerdict as error:
        if error.code is grpc.StatusCode.PERMISSION_DENIED:
            return None
        raise
    return rotated


def run(decision: Decision, client: Client) -> Granted | Denied:
    """Carries out a decision with a blocking client."""
    try:
        call = next(decision)
        while True:
            try:
                result = call(client)
            except (Rejected, StepUpRequired, CallError) as error:
                call = decision.throw(error)
            else:
                call = decision.send(result)
    except StopIteration as end:
        outcome: Granted | Denied = end.value
        return outcome


async def run_async(decision: Decision, client: AsyncClient) -> Granted | Denied:
    """The same for asyncio."""
    try:
        call = next(decision)
        while True:
            pending: Awaitable[Any] = call(client)
            try:
                result = await pending
            except (Rejected, StepUpRequired, CallError) as error:
                call = decision.throw(error)
            else:
                call = decision.send(result)
    except StopIteration as end:
        outcome: Granted | Denied = end.value
        return outcome


def with_any_role(session: Session, roles: Iterable[str]) -> Session:
    """Returns the session if it has one of the roles. Raises MissingRole otherwise."""
    if set(session.roles).isdisjoint(roles):
        raise MissingRole("the session lacks a required role")
    return session


def denied(
    error: Rejected | StepUpRequired | CallError | MissingRole | CrossSiteRequest, *, delete_cookie: bool = False
) -> Denied:
    """Returns the response for an error of the client, a role that the session lacks, or a request of another site."""
    if isinstance(error, CrossSiteRequest):
        return Denied(403, "cross_site_request", "The request comes from another site.")
    if isinstance(error, MissingRole):
        return Denied(403, "missing_role", "The session lacks a required role.")
    if isinstance(error, Rejected):
        final = error.reason < _FIRST_REASON_OF_ACTIVE_SESSIONS or error.reason is RejectReason.TOKEN_ROTATED
        return unauthenticated(error.reason.name, error.message, delete_cookie=delete_cookie and final)
    if isinstance(error, StepUpRequired):
        age = error.required_max_auth_age
        details = {
            "required_assurance_level": error.required_assurance_level,
            "required_max_auth_age_seconds": age.total_seconds() if age is not None else None,
        }
        return Denied(403, "step_up_required", error.message, details=details)
    return Denied(503, "no_verdict", "Try again.", (("retry-after", RETRY_AFTER_SECONDS),))


def unauthenticated(reason: str, message: str, *, delete_cookie: bool = False) -> Denied:
    """Returns the response to a request without an accepted token."""
    headers = [("www-authenticate", "Bearer")]
    if delete_cookie:
        headers.append(("set-cookie", delete_session_cookie()))
    return Denied(UNAUTHENTICATED, "unauthenticated", message, tuple(headers), {"reason": reason})


def _matches(patterns: Iterable[str], request: IncomingRequest) -> bool:
    return any(_match(pattern, request) for pattern in patterns)


def _match(pattern: str, request: IncomingRequest) -> bool:
    method, _, path = pattern.rpartition(" ")
    if method and method != ("GET" if request.method == "HEAD" else request.method):
        return False
    if not path.endswith("/*"):
        return request.path == path
    # A path that a server or the application may normalise to another one matches no prefix.
    unclear = ("//", "/.", "\\", "%", ";", "\0")
    return request.path.startswith(path[:-1]) and not any(part in request.path for part in unclear)
