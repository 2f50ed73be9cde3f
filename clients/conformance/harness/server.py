"""Real servers: one for each kind of environment that a case may ask for."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any

from .certificates import TRUST_DOMAIN, Authority
from .ports import free_port

ROLES = ("issuer", "validator", "backend", "admin", "alerts")
START_SECONDS = 30
# Deadlines for a machine that may be busy. The cases about deadlines set their own.
PATIENT = {"validate_deadline_ms": 20_000, "call_deadline_ms": 30_000}
# Time limits of a server on such a machine.
PATIENT_SERVER = {
    "SESSION_AUTHORITY__SERVER__REQUEST_TIMEOUT": "30s",
    "SESSION_AUTHORITY__SERVER__MESSAGE_TIMEOUT": "30s",
    "SESSION_AUTHORITY__STORE__RESPONSE_TIMEOUT": "30s",
}

# Links of notifications. The cases take the token out of them.
LINK_URL = "https://id.example/alerts/{token}"

POLICIES = """
[policies.exact]
preset = "pci"
[policies.rotating]
preset = "default"
rotation.grace = "0s"
[policies.must-rotate]
preset = "default"
rotation.max_age = "4s"
rotation.grace = "0s"
rotation.required = true
[policies.single]
preset = "default"
max_sessions = 1
"""


class Server:
    """A server program of one kind: `dev`, `serve`, `tls` or `mtls`. Its port stays the same over restarts."""

    def __init__(self, program: pathlib.Path, kind: str, directory: pathlib.Path) -> None:
        self._program = program
        self._kind = kind
        self._directory = directory
        self._port, self._management = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._keys: dict[str, str] = {}
        self._tls: dict[str, Any] = {}
        self._certificates: dict[str, tuple[str, str]] = {}
        directory.mkdir(parents=True)
        self._log = directory / "server.log"
        if kind != "dev":
            self._configure()
        self.start()

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self._port}"

    def options(self, role: str) -> dict[str, Any]:
        """Returns the options with which a client of this role connects."""
        options: dict[str, Any] = {"target": self.target, **PATIENT}
        if self._tls:
            options["tls"] = dict(self._tls)
        if role in self._certificates:
            options["tls"]["cert_file"], options["tls"]["key_file"] = self._certificates[role]
        elif role in self._keys:
            options["api_key"] = self._keys[role]
        return options

    def start(self) -> None:
        """Starts the program and waits until it is ready."""
        addresses = ["--listen", self.target, "--management", f"127.0.0.1:{self._management}"]
        if self._kind == "dev":
            command = [self._program, "dev", "--data", self._directory / "data", *addresses]
        else:
            command = [self._program, "serve", "--config", self._directory / "config.toml", *addresses]
        with self._log.open("ab") as log:
            environment = {**os.environ, **PATIENT_SERVER}
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._directory, env=environment)
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends the program without notice, like a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ensure_started(self) -> None:
        """Starts the program if a case left it stopped."""
        if self._process is None:
            self.start()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._management}/readyz", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _configure(self) -> None:
        config = self._directory / "config.toml"
        keys = self._directory / "keys.toml"
        self._run("keys", "init", "--out", keys)
        settings = 'store.url = "sqlite://sessions.db"\naudit.url = "sqlite://audit.db"\n'
        settings += f'notifications.enabled = true\nnotifications.max_attempts = 3\nalerts.link_url = "{LINK_URL}"\n'
        settings += 'callers.reload_interval = "1s"\nsessions.sweep_interval = "1s"\n'
        if self._kind in ("tls", "mtls"):
            authority = Authority(self._directory, "ca")
            certificate, key = authority.issue("server", hosts=True)
            settings += 'tls.handshake_timeout = "30s"\n'
            settings += f'tls.certificate_file = "{certificate}"\ntls.key_file = "{key}"\n'
            self._tls = {"ca_file": str(authority.file)}
            if self._kind == "mtls":
                settings += f'tls.client_ca_file = "{authority.file}"\ntls.trust_domain = "{TRUST_DOMAIN}"\n'
                settings += 'tls.client_certificates = "required"\n'
        config.touch(mode=0o600)
        config.write_text(settings + keys.read_text() + POLICIES)
        for role in ROLES:
            arguments = ["keys", "create", "--config", config, "--name", role, "--role", role]
            if self._kind == "mtls":
                spiffe_id = f"spiffe://{TRUST_DOMAIN}/{role}"
                self._certificates[role] = authority.issue(role, spiffe_id=spiffe_id)
                self._run(*arguments, "--spiffe-id", spiffe_id)
            else:
                self._keys[role] = self._run(*arguments).strip()

    def _run(self, *arguments: Any) -> str:
        result = subprocess.run([self._program, *arguments], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{arguments[0]} {arguments[1]}: {result.stderr}")
        return result.stdout


def supports_client_certificates(program: pathlib.Path) -> bool:
    """Returns whether callers of this server can be identified by client certificates."""
    help_text = subprocess.run([program, "keys", "create", "--help"], capture_output=True, text=True, check=True).stdout
    return "--spiffe-id" in help_text
