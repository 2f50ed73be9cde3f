"""The HTTP walk through the example of each language."""

from __future__ import annotations

import pathlib
import re
import tempfile

from .applications import Browser, WalkFailure, expect, require, running, until
from .languages import LANGUAGES, argument_parser, check, missing_tools
from .ports import free_port
from .server import Server

# Spellings by which a router may find a page although the guard takes them for a public path, or for none.
SPELLINGS = (
    "//account",
    "/./account",
    "/sign-in/../account",
    "/%2e%2e/account",
    "/%2Faccount",
    "/..;/account",
    "/account;x",
    "/account/",
    "/ACCOUNT",
    "/%61ccount",
    "/%2561ccount",
)
# Headers without a session, although some look as if they had one.
WITHOUT_SESSION = (
    {"cookie": "__Host-session"},
    {"cookie": "=; ;;="},
    {"cookie": '__Host-session="'},
    {"cookie": "__Host-session=sa_" + "x" * 4000},
    {"cookie": "__Host-session=sa_\xe9"},
    {"authorization": "Bearer"},
    {"authorization": "Bearer sa_" + "x" * 4000},
    {"authorization": "Bearer sa_\xe9"},
)


def walk(port: int, server: Server, transcript: list[str]) -> None:
    """Uses the application as a user, another user and an attacker would."""
    ann, phone, bob, nobody = (Browser(port, transcript) for _ in range(4))

    # The first calls to a new server on a busy machine may exceed their deadlines.
    until(lambda: Browser(port, []).sign_in("first").status == 303, "no sign-in succeeds")

    expect(nobody.request("GET", "/"), 200, "<form", 'name="password"')
    for path in ("/account", "/devices", "/transfer", "/nowhere"):
        expect(nobody.request("GET", path), 401)
    expect(nobody.request("POST", "/sign-out"), 401)
    check_strangers(nobody)
    expect(nobody.request("POST", "/sign-in", form={"user": "ann", "password": "wrong"}), 401)
    require("__Host-session" not in nobody.cookies, "a cookie without a sign-in")

    signed_in = expect(ann.sign_in("ann"), 303)
    require(signed_in.headers["location"] == "/account", "the sign-in does not lead to /account")
    check_cookie(signed_in.cookies.get("__Host-session", ""))
    require("__Host-device" in signed_in.cookies, "the sign-in sets no cookie for the device")
    account = expect(ann.request("GET", "/account"), 200, "Hello, ann")
    require(ann.cookies["__Host-session"] not in account.body, "the page contains the token")
    expect(ann.request("GET", "/nowhere"), 404)
    expect(ann.request("GET", "/transfer"), 403, "step_up_required")

    expect(phone.sign_in("ann"), 303)
    expect(bob.sign_in("bob<b>"), 303)
    expect(bob.request("GET", "/account"), 200, "Hello, bob&lt;b&gt;")
    devices = expect(ann.request("GET", "/devices"), 200)
    sessions = dict(re.findall(r'<li data-session-id="(\w+)"( data-current="true")?', devices.body))
    require(len(sessions) == 2, f"{len(sessions)} devices instead of 2: {devices.body}")
    require(sum(map(bool, sessions.values())) == 1, "not exactly one current device")
    other = next(session for session, current in sessions.items() if not current)

    forged = {"sec_fetch_site": "cross-site"}
    for headers in (forged, {"sec_fetch_site": "same-site"}, {"origin": "https://evil.example"}, {"origin": "null"}):
        expect(ann.request("POST", f"/devices/{other}/sign-out", keep=False, **headers), 403)
        expect(ann.request("POST", "/sign-out", keep=False, **headers), 403)
    websocket = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
    key = {"sec_websocket_key": "c2Vzc2lvbi1hdXRob3JpdA=="}
    expect(ann.request("GET", "/account", keep=False, origin="https://evil.example", **websocket, **key), 403)
    form = {"user": "eve", "password": "demo"}
    planted = expect(nobody.request("POST", "/sign-in", form=form, **forged), 403)
    require("__Host-session" not in planted.cookies, "another site has signed a user in")
    expect(phone.request("GET", "/account"), 200)
    expect(bob.request("POST", f"/devices/{other}/sign-out", sec_fetch_site="same-origin"), 303)
    expect(phone.request("GET", "/account"), 200, "Hello, ann")

    expect(ann.request("POST", f"/devices/{other}/sign-out", origin=f"http://127.0.0.1:{port}"), 303)
    rejected = expect(phone.request("GET", "/account"), 401)
    require("__Host-session" not in phone.cookies, f"the cookie of an ended session stays: {rejected.headers}")
    expect(ann.request("GET", "/account"), 200)

    token = ann.cookies["__Host-session"]
    api = Browser(port, transcript)
    expect(api.request("GET", "/account", authorization=f"Bearer {token}"), 200, "Hello, ann")
    expect(api.request("GET", "/account", authorization="Bearer sa_invented"), 401)
    two = {"authorization": f"Bearer {bob.cookies['__Host-session']}", "cookie": f"__Host-session={token}"}
    expect(api.request("GET", "/account", **two), 401)
    expect(api.request("GET", "/account", cookie=f"__Host-session={token}; __Host-session=sa_planted"), 401)
    for other_host in (f"a=1, __Host-session={token}", f"\xa0__Host-session={token}"):
        expect(api.request("GET", "/account", cookie=other_host), 401)
    expect(api.request("GET", "/account", cookie=f"name=\xe9; __Host-session={token}"), 200)

    old = dict(ann.cookies)
    expect(ann.sign_in("ann"), 303)
    require(ann.cookies["__Host-session"] != old["__Host-session"], "the token is not a new one")
    require(ann.cookies["__Host-device"] == old["__Host-device"], "the device got another ID")
    expect(Browser(port, transcript, old).request("GET", "/account"), 401)

    server.stop()
    before = dict(ann.cookies)
    outage = expect(ann.request("GET", "/account"), 503)
    require(outage.headers.get("retry-after"), "503 without Retry-After")
    require(not outage.cookies and ann.cookies == before, "an outage changes cookies")
    expect(ann.request("POST", "/sign-out", sec_fetch_site="same-origin"), 503)
    expect(nobody.request("GET", "/"), 200)
    expect(nobody.request("GET", "/account"), 401)
    server.start()
    until(lambda: ann.request("GET", "/account").status == 200, "the application does not recover from the outage")

    token = ann.cookies["__Host-session"]
    left = expect(ann.request("POST", "/sign-out", sec_fetch_site="same-origin"), 303)
    require(left.headers["location"] == "/", "the sign-out does not lead to /")
    require("__Host-session" not in ann.cookies, "the sign-out keeps the cookie")
    expect(api.request("GET", "/account", cookie=f"__Host-session={token}"), 401)


def check_strangers(nobody: Browser) -> None:
    """Tries to reach a page without a session."""
    for path in SPELLINGS:
        status = nobody.request("GET", path).status
        # 400: the guard refuses a path that is ambiguous.
        require(status in (400, 401), f"status {status} instead of 401")
    for method in ("HEAD", "OPTIONS", "PUT", "QUERY"):
        expect(nobody.request(method, "/account"), 401)
    for headers in WITHOUT_SESSION:
        expect(nobody.request("GET", "/account", **headers), 401)


def check_cookie(header: str) -> None:
    attributes = {part.strip().lower() for part in header.split(";")[1:]}
    require(header.startswith("__Host-session=sa_"), f"no session cookie: {header[:20]}")
    missing = {"path=/", "secure", "httponly", "samesite=lax"} - attributes
    require(not missing, f"the cookie lacks {missing}")
    require(not any(a.startswith(("domain", "max-age", "expires")) for a in attributes), f"attributes {attributes}")


def run_example(root: pathlib.Path, language: str, program: pathlib.Path) -> list[str]:
    """Starts the example of a language and returns the transcript of the walk. Raises WalkFailure."""
    command = root / "examples" / language / "run"
    if not command.exists():
        raise WalkFailure(f"{command} does not exist")
    missing = missing_tools(language)
    if missing:
        raise WalkFailure(f"{' and '.join(missing)} must be installed")
    transcript: list[str] = []
    with tempfile.TemporaryDirectory(prefix="session-authority-example-") as directory:
        server = Server(program, "dev", pathlib.Path(directory) / "server")
        port = free_port()
        settings = {"PORT": str(port), "SESSION_AUTHORITY_SERVER": server.target}
        try:
            with running([command], root, settings, port):
                walk(port, server, transcript)
        except WalkFailure as failure:
            last = transcript[-1] if transcript else "at the start"
            raise WalkFailure(f"{last}: {failure}") from failure
        finally:
            server.stop()
    return transcript


def main(root: pathlib.Path) -> int:
    """Runs the walk in each language and returns the exit code: 0 if all passed."""
    parser = argument_parser(root, "Try the examples of the client libraries by HTTP.")
    parser.add_argument("--verbose", action="store_true", help="print each request")
    options = parser.parse_args()
    check(parser, options)
    failed = False
    for language in options.language or LANGUAGES:
        try:
            transcript = run_example(root, language, options.server)
        except WalkFailure as failure:
            failed = True
            print(f"{language}: FAIL: {failure}", flush=True)
        else:
            print(f"{language}: {len(transcript)} requests as expected", flush=True)
            if options.verbose:
                print("\n".join(f"  {line}" for line in transcript))
    return 1 if failed else 0
