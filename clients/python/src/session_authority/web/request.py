"""What the protection reads of a request."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..token import Token
from ..v1.session_pb2 import ClientContext
from .cookies import DEVICE_COOKIE, SESSION_COOKIE, cookie_values

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class AmbiguousCredential(Exception):
    """The request has several differing tokens."""


@dataclass(frozen=True, slots=True)
class Credential:
    """The token of a request. A browser sends a cookie by itself, also with requests that another site caused."""

    token: Token
    from_cookie: bool


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request to protect. `headers` have lower-case names; `peer` is the address of the TCP connection."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    peer: str
    is_websocket: bool = False

    def values(self, name: str) -> list[str]:
        """Returns the values of a header."""
        return [value for key, value in self.headers if key == name]

    def value(self, name: str) -> str:
        """Returns the only value of a header; "" if there is none, or more than one."""
        values = self.values(name)
        return values[0] if len(values) == 1 else ""

    def has_session_cookie(self) -> bool:
        """Returns whether the request has the cookie of a session, whatever its value."""
        return bool(cookie_values(self.values("cookie"), SESSION_COOKIE))

    def credential(self) -> Credential | None:
        """Returns the token in the cookie or in the `Authorization` header.

        Raises AmbiguousCredential for differing tokens: an attacker may have planted one.
        """
        cookies = cookie_values(self.values("cookie"), SESSION_COOKIE)
        bearers = set(_bearer_tokens(self.values("authorization")))
        if len(cookies | bearers) > 1:
            raise AmbiguousCredential
        for token in cookies:
            return Credential(Token(token), from_cookie=True)
        for token in bearers:
            return Credential(Token(token), from_cookie=False)
        return None

    def is_cross_site_change(self) -> bool:
        """Returns whether another site may have caused a request that changes something or opens a WebSocket.

        Browsers say so in `Sec-Fetch-Site`, older ones in `Origin`. A client that sends neither is no browser.
        """
        if self.method in SAFE_METHODS and not self.is_websocket and not self.values("upgrade"):
            return False
        sites = self.values("sec-fetch-site")
        if sites:
            return any(site not in ("same-origin", "none") for site in sites)
        origins = self.values("origin")
        host = self.value("host").lower()
        return any(not host or urlsplit(origin).netloc.lower() != host for origin in origins)

    def client_context(self, trusted_proxies: int) -> ClientContext:
        """Returns the attributes of the client."""
        devices = cookie_values(self.values("cookie"), DEVICE_COOKIE)
        return ClientContext(
            ip=self.client_address(trusted_proxies),
            user_agent=_utf8(self.value("user-agent")),
            accept_language=_utf8(self.value("accept-language")),
            accept_encoding=_utf8(self.value("accept-encoding")),
            device_id=_utf8(devices.pop()) if len(devices) == 1 else "",
        )

    def client_address(self, trusted_proxies: int) -> str:
        """Returns the address of the client, "" if it is unknown.

        Behind proxies, it is the address that the outermost trusted one saw: the entry of `X-Forwarded-For` as many
        places from the right as there are trusted proxies. What is left of it, the client may have invented.
        """
        if trusted_proxies == 0:
            return _address(self.peer)
        entries = [entry for header in self.values("x-forwarded-for") for entry in header.split(",")]
        return _address(entries[-trusted_proxies].strip()) if len(entries) >= trusted_proxies else ""


def _bearer_tokens(headers: Iterable[str]) -> Iterable[str]:
    for header in headers:
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() == "bearer":
            yield token.strip()


def _address(text: str) -> str:
    """Returns an address without port or zone, "" if it is none. The authority refuses others as invalid."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    text = text.partition("%")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _utf8(text: str) -> str:
    """Returns text without what UTF-8 cannot represent."""
    return text.encode("utf-8", "replace").decode()
