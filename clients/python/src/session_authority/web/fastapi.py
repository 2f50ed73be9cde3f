"""Dependencies for FastAPI applications behind SessionMiddleware."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from ..session import Session
from . import asgi
from .asgi import SessionMiddleware

__all__ = [
    "CurrentSession",
    "OptionalSession",
    "RequireRole",
    "SessionMiddleware",
    "StepUp",
    "optional_session",
    "require_session",
]


def require_session(connection: HTTPConnection) -> Session:
    """Returns the session of the request, as a dependency."""
    return asgi.require_session(connection)


def optional_session(connection: HTTPConnection) -> Session | None:
    """Returns the session of a request to a path that is listed as optional, or None, as a dependency."""
    return asgi.optional_session(connection)


CurrentSession = Annotated[Session, Depends(require_session)]
OptionalSession = Annotated[Session | None, Depends(optional_session)]


class RequireRole:
    """A dependency that returns the session if it has one of the roles.

    Otherwise the response is 403 with the error `missing_role`.
    """

    def __init__(self, *roles: str) -> None:
        self._roles = roles

    def __call__(self, connection: HTTPConnection) -> Session:
        """Returns the session of the request."""
        return asgi.require_role(connection, *self._roles)


class StepUp:
    """A dependency that returns the session if the user authenticated recently and strongly enough.

    Otherwise the response is 403 with the error `step_up_required`.
    """

    def __init__(self, *, max_auth_age: timedelta | None = None, min_assurance_level: int = 0) -> None:
        self._max_auth_age = max_auth_age
        self._min_assurance_level = min_assurance_level

    async def __call__(self, connection: HTTPConnection) -> Session:
        """Returns the session of the request."""
        return await asgi.step_up(
            connection, max_auth_age=self._max_auth_age, min_assurance_level=self._min_assurance_level
        )
