"""Cookies of sessions and devices.

`__Host-` binds a cookie to its host: browsers accept it only with `Secure`, with `Path=/` and without `Domain`.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timezone

from ..session import Session
from ..token import Token

SESSION_COOKIE = "__Host-session"
DEVICE_COOKIE = "__Host-device"

_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
# Browsers limit the age of cookies to 400 days.
_DEVICE_MAX_AGE = 400 * 24 * 60 * 60
_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{16,128}")


def session_cookie(token: Token, session: Session | None = None) -> str:
    """Returns the value of the `Set-Cookie` header that stores a token.

    The cookie ends with the browser, or for a remembered session with the session.
    """
    max_age = ""
    if session is not None and session.remembered:
        remaining = session.expires_at - datetime.now(timezone.utc)
        max_age = f"Max-Age={max(int(remaining.total_seconds()), 0)}; "
    return f"{SESSION_COOKIE}={token.reveal()}; {max_age}{_ATTRIBUTES}"


def delete_session_cookie() -> str:
    """Returns the value of the `Set-Cookie` header that deletes the token."""
    return f"{SESSION_COOKIE}=; Max-Age=0; {_ATTRIBUTES}"


def device_cookie(device_id: str) -> str:
    """Returns the value of the `Set-Cookie` header that stores the ID of a device."""
    return f"{DEVICE_COOKIE}={device_id}; Max-Age={_DEVICE_MAX_AGE}; {_ATTRIBUTES}"


def new_device_id() -> str:
    """Returns a random ID for a device."""
    return secrets.token_urlsafe(24)


def is_device_id(value: str) -> bool:
    """Returns whether a value from a browser may be an ID that `new_device_id` returned."""
    return _DEVICE_ID.fullmatch(value) is not None


def cookie_values(headers: list[str], name: str) -> set[str]:
    """Returns the values of a cookie in `Cookie` headers, except "".

    Only a semicolon ends a cookie: another host may have set one whose value has a comma and then this name.
    """
    pairs = [pair.partition("=") for header in headers for pair in header.split(";")]
    return {value.strip(" \t").strip('"') for key, _, value in pairs if key.strip(" \t") == name} - {""}
