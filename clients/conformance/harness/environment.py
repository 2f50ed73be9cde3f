"""The servers of a run and their proxies, started when a case first needs them."""

from __future__ import annotations

import functools
import pathlib
from typing import Any

from .proxy import Proxy
from .server import Server


class Environment:
    """A server of one kind, and a proxy in front of it."""

    def __init__(self, program: pathlib.Path, kind: str, directory: pathlib.Path) -> None:
        self.server = Server(program, kind, directory)

    @functools.cached_property
    def proxy(self) -> Proxy:
        return Proxy(self.server.target)

    def options(self, role: str, *, proxied: bool) -> dict[str, Any]:
        """Returns the options with which a client of this role connects, directly or through the proxy."""
        options = self.server.options(role)
        return {**options, "target": self.proxy.target} if proxied else options

    def stop(self) -> None:
        if "proxy" in self.__dict__:
            self.proxy.stop()
        self.server.stop()


class Environments:
    """All environments of a run."""

    def __init__(self, program: pathlib.Path, directory: pathlib.Path) -> None:
        self._program = program
        self._directory = directory
        self._running: dict[str, Environment] = {}

    def get(self, kind: str) -> Environment:
        if kind not in self._running:
            self._running[kind] = Environment(self._program, kind, self._directory / kind)
        environment = self._running[kind]
        environment.server.ensure_started()
        if kind != "tls" and kind != "mtls":
            environment.proxy.reset([])
        return environment

    def stop(self) -> None:
        for environment in self._running.values():
            environment.stop()
