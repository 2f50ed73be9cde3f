"""The first lines of each README: an application with one protected page."""

from __future__ import annotations

import pathlib
import re
import tempfile

import grpc

from session_authority.v1.session_service_pb2 import CreateRequest
from session_authority.v1.session_service_pb2_grpc import SessionServiceStub

from .applications import Browser, WalkFailure, expect, require, running, until
from .languages import LANGUAGES, argument_parser, check
from .ports import free_port
from .server import Server

MAX_LINES = 10

# The README of each library, and the language of its code blocks.
READMES = {
    "python": ("clients/python/README.md", "python"),
    "typescript": ("clients/typescript/README.md", "ts"),
    "go": ("clients/go/README.md", "go"),
    "java": ("clients/java/README.md", "java"),
    "rust": ("crates/client/README.md", "rust"),
}

# What the code names, and the runner replaces: the address of `make run`, and the application's own port.
SERVER, PORT = "127.0.0.1:50051", "8080"


def first_code(readme: str, language: str) -> str:
    """Returns the first block of code in a language. Raises WalkFailure if it is missing or too long."""
    found = re.search(rf"^```{language}\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    if found is None:
        raise WalkFailure(f"the README has no code in {language}")
    code = found[1]
    lines = [line for line in code.splitlines() if line.strip()]
    require(len(lines) <= MAX_LINES, f"{len(lines)} lines of code, of {MAX_LINES} at most")
    require(SERVER in code and PORT in code, f"the code names neither {SERVER} nor {PORT}")
    return code


def walk(port: int, server: Server) -> None:
    """Asks for a public path and the protected page, with and without a session, and during an outage of the server."""
    browser = Browser(port, [])
    public = browser.request("GET", "/").status
    require(public in (200, 404), f"the public path does not reach the application: {public}")
    expect(browser.request("GET", "/account"), 401)
    expect(browser.request("GET", "/nowhere"), 401)
    with grpc.insecure_channel(server.target) as channel:
        created = SessionServiceStub(channel).Create(CreateRequest(user_id="ann"), timeout=30, wait_for_ready=True)
    bearer = f"Bearer {created.token}"
    # The first validation on a busy machine may exceed its deadline: 503 asks to try again.
    until(lambda: browser.request("GET", "/account", authorization=bearer).status != 503, "there is no verdict")
    expect(browser.request("GET", "/account", authorization=bearer), 200, "Hello, ann")
    expect(browser.request("GET", "/account", authorization="Bearer sa_invented"), 401)
    server.stop()
    expect(browser.request("GET", "/account", authorization=bearer), 503)


def run_readme(root: pathlib.Path, language: str, program: pathlib.Path) -> int:
    """Runs the first lines of a README, and returns their number. Raises WalkFailure."""
    path, block = READMES[language]
    code = first_code((root / path).read_text(), block)
    with tempfile.TemporaryDirectory(prefix="session-authority-readme-") as name:
        directory = pathlib.Path(name)
        server = Server(program, "dev", directory / "server")
        port = free_port()
        file = directory / "code"
        file.write_text(code.replace(SERVER, server.target).replace(PORT, str(port)))
        command = [root / "clients" / language / "conformance" / "readme", file]
        try:
            with running(command, root, {}, port):
                walk(port, server)
        finally:
            server.stop()
    return len([line for line in code.splitlines() if line.strip()])


def main(root: pathlib.Path) -> int:
    """Runs the code of each README and returns the exit code: 0 if all of it works."""
    parser = argument_parser(root, "Run the first lines of the README of each client library.")
    options = parser.parse_args()
    check(parser, options)
    failed = False
    for language in options.language or LANGUAGES:
        try:
            lines = run_readme(root, language, options.server)
        except (WalkFailure, OSError) as failure:
            failed = True
            print(f"{language}: FAIL: {failure}", flush=True)
        else:
            print(f"{language}: the first {lines} lines of the README work", flush=True)
    return 1 if failed else 0
