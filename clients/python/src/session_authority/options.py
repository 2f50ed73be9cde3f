"""The options of a connection."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ConfigurationError

MIN_KEY_CHARACTER, MAX_KEY_CHARACTER = "\x21", "\x7e"


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to the server. With a certificate and key of the client, the server identifies the caller by them."""

    ca_file: str | Path | None = None
    """PEM file of the authorities to trust. None: the public ones."""
    cert_file: str | Path | None = None
    """PEM file of the client's certificate chain, leaf first."""
    key_file: str | Path | None = None
    """PEM file of its private key."""
    server_name: str | None = None
    """Name that the server's certificate must have. None: that of the target."""


@dataclass(frozen=True, slots=True)
class VerdictCache:
    """A cache of verdicts in this process. A revocation is not seen while a verdict is cached."""

    max_entries: int
    """Maximum number of cached verdicts."""
    max_ttl: float
    """Maximum time in seconds for which a verdict is cached. The server's `cache_ttl` limits it further."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a client."""

    target: str
    api_key: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    validate_timeout: float = 1.0
    call_timeout: float = 2.0
    admin_timeout: float = 35.0
    cache: VerdictCache | None = None

    def __post_init__(self) -> None:
        """Raises ConfigurationError for options that cannot be used or that are unsafe."""
        if not self.target or any(c.isspace() or not c.isprintable() for c in self.target):
            raise ConfigurationError("target must be the address of a server, such as 127.0.0.1:50051")
        if self.api_key is not None and not _is_key(self.api_key):
            raise ConfigurationError("api_key must consist of visible ASCII characters")
        if self.tls is not None and (self.tls.cert_file is None) != (self.tls.key_file is None):
            raise ConfigurationError("tls.cert_file and tls.key_file must be set together")
        has_certificate = self.tls is not None and self.tls.cert_file is not None
        if not _is_loopback(self.target):
            if self.tls is None:
                raise ConfigurationError(f"tls is required for {self.target}: only loopback may be used in plain text")
            if self.api_key is None and not has_certificate:
                raise ConfigurationError(f"api_key or tls.cert_file is required for {self.target}")
        for name in ("validate_timeout", "call_timeout", "admin_timeout"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigurationError(f"{name} must be a positive number of seconds")
        if self.cache is not None and (self.cache.max_entries < 1 or not self.cache.max_ttl > 0):
            raise ConfigurationError("cache.max_entries and cache.max_ttl must be positive")


def _is_key(key: str) -> bool:
    return bool(key) and all(MIN_KEY_CHARACTER <= c <= MAX_KEY_CHARACTER for c in key)


def _is_loopback(target: str) -> bool:
    """Returns whether the target is on this machine. A name other than `localhost` is not: it may resolve to any."""
    host = target.removeprefix("ipv4:").removeprefix("ipv6:")
    if "," in host or "://" in host:
        return False
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
