"""Web applications that are tried by HTTP."""

from __future__ import annotations

import contextlib
import http.client
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

# The first start builds the application.
START_SECONDS = 600
# What is read of the output of an application that failed, in bytes.
MAX_OUTPUT = 1 << 20


class WalkFailure(Exception):
    """A response was not as expected."""


@dataclass
class Response:
    status: int
    body: str
    headers: http.client.HTTPMessage

    @property
    def cookies(self) -> dict[str, str]:
        """The `Set-Cookie` headers by the name of their cookie."""
        return {header.partition("=")[0]: header for header in self.headers.get_all("set-cookie", [])}


@dataclass
class Browser:
    """A browser of one user: it keeps cookies and sends them."""

    port: int
    transcript: list[str]
    cookies: dict[str, str] = field(default_factory=dict)

    def request(
        self, method: str, path: str, *, form: dict[str, str] | None = None, keep: bool = True, **headers: str
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        sent = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        body = None
        if method == "POST":
            sent["content-type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(form or {})
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        response = Response(answer.status, answer.read().decode(), answer.headers)
        connection.close()
        self.transcript.append(f"{method} {path} -> {response.status}")
        if keep:
            self._keep(response)
        return response

    def _keep(self, response: Response) -> None:
        for name, header in response.cookies.items():
            value = header.partition("=")[2].partition(";")[0]
            if re.search(r";\s*max-age=0(;|$)", header, re.IGNORECASE) or not value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def sign_in(self, user: str) -> Response:
        return self.request("POST", "/sign-in", form={"user": user, "password": "demo"}, sec_fetch_site="same-origin")


def expect(response: Response, status: int, *contained: str) -> Response:
    if response.status != status:
        raise WalkFailure(f"status {response.status} instead of {status}: {response.body[:300]}")
    for text in contained:
        if text not in response.body:
            raise WalkFailure(f"{text!r} is not in the body: {response.body[:500]}")
    return response


def require(condition: Any, message: str) -> None:
    if not condition:
        raise WalkFailure(message)


def until(condition: Callable[[], bool], message: str) -> None:
    """Waits until the condition holds."""
    deadline = time.monotonic() + 20
    while not condition():
        require(time.monotonic() < deadline, message)
        time.sleep(0.1)


@contextlib.contextmanager
def running(
    command: list[str | pathlib.Path], root: pathlib.Path, settings: dict[str, str], port: int
) -> Iterator[None]:
    """Starts an application, waits until it responds, and ends it with the processes that it started.

    A failure of the walk gets the end of the application's output.
    """
    with tempfile.TemporaryFile() as output:
        application = subprocess.Popen(
            command,
            cwd=root,
            env={**os.environ, **settings},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            wait_for(application, port)
            yield
        except (WalkFailure, OSError) as failure:
            written = os.pread(output.fileno(), MAX_OUTPUT, 0).decode(errors="replace")
            raise WalkFailure(f"{failure}\n{written[-2000:]}") from failure
        finally:
            end(application)


def wait_for(application: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            Browser(port, []).request("GET", "/")
            return
        except OSError:
            require(application.poll() is None and time.monotonic() < deadline, "the application does not start")
            time.sleep(0.2)


def end(application: subprocess.Popen[bytes]) -> None:
    """Ends an application and the processes that it started."""
    try:
        os.killpg(application.pid, 15)
        application.wait(timeout=10)
    except ProcessLookupError:
        pass
    except subprocess.TimeoutExpired:
        os.killpg(application.pid, 9)
        application.wait()
