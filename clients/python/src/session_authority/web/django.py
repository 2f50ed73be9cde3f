"""Protection of Django applications.

Settings:

    MIDDLEWARE = ["session_authority.web.django.SessionAuthorityMiddleware", …]
    SESSION_AUTHORITY = {
        "CLIENT": {"target": "sessions.example.org:443", "api_key": …, "tls": Tls()},  # arguments of Client
        "PUBLIC": ["/", "POST /sign-in"],
        "OPTIONAL": [],
        "TRUSTED_PROXIES": 0,
    }
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ..client import Client
from ..errors import CallError, ConfigurationError, Rejected, StepUpRequired
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
from .protection import CrossSiteRequest, Denied, Granted, MissingRole, Protection, denied, run, with_any_role
from .request import AmbiguousCredential, IncomingRequest

_ATTRIBUTE = "_session_authority"
_SETTINGS = frozenset({"CLIENT", "PUBLIC", "OPTIONAL", "TRUSTED_PROXIES"})


@functools.cache
def client() -> Client:
    """Returns the client of this process, made from the settings."""
    return Client(**_settings().get("CLIENT", {}))


def _settings() -> dict[str, Any]:
    values: dict[str, Any] = settings.SESSION_AUTHORITY
    unknown = values.keys() - _SETTINGS
    if unknown:
        raise ConfigurationError(f"unknown in SESSION_AUTHORITY: {', '.join(sorted(unknown))}")
    return values


class SessionAuthorityMiddleware:
    """Protects every view, except on paths that the settings list as public or optional.

    Views may raise Rejected, StepUpRequired, MissingRole, CrossSiteRequest and CallError: they become responses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        values = _settings()
        self._protection = Protection(
            tuple(values.get("PUBLIC", ())), tuple(values.get("OPTIONAL", ())), values.get("TRUSTED_PROXIES", 0)
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response for a request."""
        outcome = run(self._protection.decide(_incoming_request(request)), client())
        if isinstance(outcome, Denied):
            return _response(outcome)
        setattr(request, _ATTRIBUTE, outcome)
        response = self._get_response(request)
        if outcome.set_cookie is not None and SESSION_COOKIE not in response.cookies:
            _add_cookie(response, outcome.set_cookie)
        return response

    def process_exception(self, _: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Returns the response for an error of this library that a view did not catch."""
        if isinstance(exception, (Rejected, StepUpRequired, MissingRole, CrossSiteRequest, CallError)):
            return _response(denied(exception))
        return None


def require_session(request: HttpRequest) -> Session:
    """Returns the session of a request. Raises RuntimeError on a path that is listed as public or optional."""
    session = optional_session(request)
    if session is None:
        raise RuntimeError("this path is listed as public or optional, so it may have no session")
    return session


def optional_session(request: HttpRequest) -> Session | None:
    """Returns the session of a request to a path that is listed as optional, or None."""
    return _granted(request).session


def require_role(*roles: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Returns a decorator of views that need a session with one of the roles. Otherwise the response is 403."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
            with_any_role(require_session(request), roles)
            return view(request, *arguments, **keywords)

        return wrapped

    return decorate


def step_up(
    *, max_auth_age: timedelta | None = None, min_assurance_level: int = 0
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Returns a decorator of views that need a recent or strong authentication. Otherwise the response is 403."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
            granted = _granted(request)
            if granted.token is None:
                raise RuntimeError("this path is listed as public or optional, so it may have no session")
            client().validate(
                granted.token, granted.context, max_auth_age=max_auth_age, min_assurance_level=min_assurance_level
            )
            return view(request, *arguments, **keywords)

        return wrapped

    return decorate


def client_context(request: HttpRequest) -> ClientContext:
    """Returns the attributes of the user's device, for `create`."""
    context = ClientContext()
    context.CopyFrom(_granted(request).context or ClientContext())
    return context


def ensure_device(request: HttpRequest, context: ClientContext, response: HttpResponse) -> None:
    """Sets the ID of the device in the context: that of its cookie, or a new one for which the response sets a cookie.

    Call it before `create`.
    """
    devices = cookie_values(_incoming_request(request).values("cookie"), DEVICE_COOKIE)
    if len(devices) == 1 and is_device_id(device := devices.pop()):
        context.device_id = device
        return
    context.device_id = new_device_id()
    _add_cookie(response, device_cookie(context.device_id))


def sign_in(
    request: HttpRequest, response: HttpResponse, created: CreatedSession, *, allow_cross_site: bool = False
) -> None:
    """Sets the cookie of a new session, and ends the session that the browser had before.

    If a page of another site sent the request, it ends the new session and raises CrossSiteRequest: the site could sign
    its visitors in to an account of its own. `allow_cross_site` is for callbacks with their own proof, as of SAML.
    """
    if not allow_cross_site and _incoming_request(request).is_cross_site_change():
        client().sign_out(created.token)
        raise CrossSiteRequest
    previous = _session_token(request)
    if previous is not None and previous != created.token:
        client().sign_out(previous)
    _add_cookie(response, session_cookie(created.token, created.session))


def sign_out(request: HttpRequest, response: HttpResponse) -> None:
    """Ends the session of the request and deletes its cookie. Raises CallError if the session may still be active."""
    token = _session_token(request)
    if token is not None:
        client().sign_out(token)
    _add_cookie(response, delete_session_cookie())


def _granted(request: HttpRequest) -> Granted:
    granted: Granted | None = getattr(request, _ATTRIBUTE, None)
    if granted is None:
        raise RuntimeError("SessionAuthorityMiddleware is not in MIDDLEWARE")
    return granted


def _session_token(request: HttpRequest) -> Token | None:
    granted = _granted(request)
    if granted.token is not None:
        return granted.token
    try:
        credential = _incoming_request(request).credential()
    except AmbiguousCredential:
        return None
    return credential.token if credential else None


def _incoming_request(request: HttpRequest) -> IncomingRequest:
    return IncomingRequest(
        method=request.method or "GET",
        path=request.path,
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        peer=request.META.get("REMOTE_ADDR", ""),
    )


def _response(outcome: Denied) -> HttpResponse:
    response = HttpResponse(outcome.body(), status=outcome.status)
    for name, value in outcome.all_headers():
        if name == "set-cookie":
            _add_cookie(response, value)
        else:
            response.headers[name] = value
    return response


def _add_cookie(response: HttpResponse, header: str) -> None:
    response.cookies.load(header)
