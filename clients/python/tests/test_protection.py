from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import pytest

from session_authority import ConfigurationError, RotatedSession, Token
from session_authority.web import Protection
from session_authority.web.protection import Denied, Granted, run
from session_authority.web.request import IncomingRequest

from .conftest import FakeAuthority, no_verdict, rejected, session, step_up_required

PROTECTION = Protection(public=["/", "POST /sign-in", "/static/*"], optional=["/news"])
COOKIE = ("cookie", "__Host-session=sa_ann")


def decide(
    authority: FakeAuthority, method: str, path: str, *headers: tuple[str, str], websocket: bool = False
) -> Granted | Denied:
    request = IncomingRequest(method, path, headers, "198.51.100.7", websocket)
    return run(PROTECTION.decide(request), authority)  # type: ignore[arg-type]


def status(outcome: Granted | Denied) -> int:
    return outcome.status if isinstance(outcome, Denied) else 200


@pytest.mark.parametrize("path", ["/account", "/sign-in", "//", "/static", "/STATIC/x", "/static/../account", "/x/"])
def test_every_path_that_is_not_listed_is_protected(authority: FakeAuthority, path: str) -> None:
    assert status(decide(authority, "GET", path)) == 401


@pytest.mark.parametrize("path", ["/static/%2e%2e/x", "/static//x", "/static/..;/x", "/static/.git", "/static/a\\b"])
def test_a_prefix_does_not_match_paths_that_may_mean_another(authority: FakeAuthority, path: str) -> None:
    assert status(decide(authority, "GET", path)) == 401


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("HEAD", "/"), ("POST", "/sign-in"), ("GET", "/static/a.css")]
)
def test_public_paths_are_served_without_a_call(authority: FakeAuthority, method: str, path: str) -> None:
    outcome = decide(authority, method, path, ("cookie", "__Host-session=sa_unknown"))
    assert isinstance(outcome, Granted)
    assert outcome.session is None
    assert authority.calls == []


@pytest.mark.parametrize("header", [COOKIE, ("authorization", "Bearer sa_ann"), ("authorization", "bearer  sa_ann")])
def test_a_token_is_accepted_in_cookie_and_header(authority: FakeAuthority, header: tuple[str, str]) -> None:
    outcome = decide(authority, "GET", "/account", header)
    assert isinstance(outcome, Granted)
    assert outcome.session is not None
    assert outcome.session.user_id == "ann"


@pytest.mark.parametrize(
    "headers",
    [
        [("cookie", "session=sa_ann")],
        [("cookie", "x__Host-session=sa_ann")],
        [("cookie", "__host-session=sa_ann")],
        [("authorization", "Basic sa_ann")],
        [COOKIE, ("cookie", "__Host-session=sa_planted")],
        [("cookie", "__Host-session=sa_ann; __Host-session=sa_planted")],
        # The cookie of another host must not be taken for that of this one.
        [("cookie", "a=1,__Host-session=sa_ann")],
        [("cookie", "a=1, __Host-session=sa_ann; b=2")],
        [("cookie", "\xa0__Host-session=sa_ann")],
        [COOKIE, ("authorization", "Bearer sa_other")],
        [("cookie", "__Host-session=")],
    ],
)
def test_other_and_ambiguous_credentials_are_refused(authority: FakeAuthority, headers: list[tuple[str, str]]) -> None:
    assert status(decide(authority, "GET", "/account", *headers)) == 401
    assert authority.calls == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "ANYTHING"])
@pytest.mark.parametrize(
    "headers",
    [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        [("host", "a.example"), ("origin", "https://b.example")],
        [("host", "a.example"), ("origin", "null")],
        [("origin", "https://a.example")],
    ],
)
def test_changes_from_another_site_are_refused(
    authority: FakeAuthority, method: str, headers: list[tuple[str, str]]
) -> None:
    for path in ("/account", "/news", "/"):
        assert status(decide(authority, method, path, COOKIE, *headers)) == (403)
    assert authority.calls == []


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "none")],
        [("host", "a.example"), ("origin", "https://A.example")],
        [("host", "a.example"), ("origin", "https://b.example"), ("sec-fetch-site", "same-origin")],
    ],
)
def test_changes_from_the_same_origin_are_served(authority: FakeAuthority, headers: list[tuple[str, str]]) -> None:
    assert status(decide(authority, "POST", "/account", COOKIE, *headers)) == 200


def test_reading_and_bearer_tokens_need_no_origin(authority: FakeAuthority) -> None:
    forged = ("sec-fetch-site", "cross-site")
    assert status(decide(authority, "GET", "/account", COOKIE, forged)) == 200
    assert status(decide(authority, "POST", "/account", ("authorization", "Bearer sa_ann"), forged)) == 200


def test_a_websocket_counts_as_a_change(authority: FakeAuthority) -> None:
    headers = (COOKIE, ("host", "a.example"), ("origin", "https://b.example"))
    assert status(decide(authority, "GET", "/account", *headers, websocket=True)) == 403
    assert status(decide(authority, "GET", "/account", *headers, ("upgrade", "websocket"))) == 403
    assert status(decide(authority, "GET", "/account", *headers)) == 200


@pytest.mark.parametrize("path", ["/account", "/news"])
@pytest.mark.parametrize("code", list(grpc.StatusCode))
def test_without_a_verdict_no_request_passes(authority: FakeAuthority, path: str, code: grpc.StatusCode) -> None:
    authority.verdicts["sa_ann"] = no_verdict(code)
    outcome = decide(authority, "GET", path, COOKIE)
    assert isinstance(outcome, Denied)
    assert outcome.status == 503
    names = [name for name, _ in outcome.all_headers()]
    assert "retry-after" in names
    assert "set-cookie" not in names


def test_an_optional_path_has_the_session_if_there_is_one(authority: FakeAuthority) -> None:
    authority.verdicts["sa_old"] = rejected("REVOKED")
    old, two = "__Host-session=sa_old", "__Host-session=sa_ann; __Host-session=sa_planted"
    for headers, user, deletes in (
        ([COOKIE], "ann", False),
        ([("cookie", old)], None, True),
        ([("cookie", two)], None, True),
        ([COOKIE, ("authorization", "Bearer sa_other")], None, True),
        ([("authorization", "Bearer sa_old"), ("authorization", "Bearer sa_ann")], None, False),
        ([("x", "y")], None, False),
    ):
        outcome = decide(authority, "GET", "/news", *headers)
        assert isinstance(outcome, Granted)
        assert (outcome.session.user_id if outcome.session else None) == user
        assert (outcome.set_cookie or "").startswith("__Host-session=; Max-Age=0") is deletes


@pytest.mark.parametrize(
    ("reason", "deleted"),
    [("REVOKED", True), ("UNKNOWN", True), ("MALFORMED", True), ("SIGNED_OUT", True), ("IP_MISMATCH", False)],
)
def test_the_cookie_of_an_ended_session_is_deleted(authority: FakeAuthority, reason: str, deleted: bool) -> None:
    authority.verdicts["sa_ann"] = rejected(reason)
    outcome = decide(authority, "GET", "/account", COOKIE)
    assert isinstance(outcome, Denied)
    assert outcome.status == 401
    assert outcome.details == {"reason": reason}
    cookies = [value for name, value in outcome.all_headers() if name == "set-cookie"]
    assert bool(cookies) is deleted
    assert all(cookie.startswith("__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly") for cookie in cookies)


def test_step_up_is_403_with_what_is_required(authority: FakeAuthority) -> None:
    authority.verdicts["sa_ann"] = step_up_required()
    outcome = decide(authority, "GET", "/account", COOKIE)
    assert isinstance(outcome, Denied)
    assert (outcome.status, outcome.error) == (403, "step_up_required")
    assert outcome.details["required_assurance_level"] == 2


def rotated() -> RotatedSession:
    return RotatedSession(Token("sa_new"), session())


@pytest.mark.parametrize("reason", ["ROTATION_REQUIRED", "TOKEN_ROTATED"])
def test_a_cookie_that_must_be_rotated_is_rotated(authority: FakeAuthority, reason: str) -> None:
    authority.verdicts.update({"sa_ann": rejected(reason), "sa_new": session()})
    authority.rotations["sa_ann"] = rotated()
    outcome = decide(authority, "GET", "/account", COOKIE)
    assert isinstance(outcome, Granted)
    assert outcome.set_cookie is not None
    assert outcome.set_cookie.startswith("__Host-session=sa_new; Path=/; Secure")
    assert authority.calls == [("validate", "sa_ann"), ("rotate", "sa_ann"), ("validate", "sa_new")]


def test_a_bearer_token_is_not_rotated_behind_its_client(authority: FakeAuthority) -> None:
    authority.verdicts["sa_ann"] = rejected("ROTATION_REQUIRED")
    assert status(decide(authority, "GET", "/account", ("authorization", "Bearer sa_ann"))) == 401
    assert authority.calls == [("validate", "sa_ann")]


@pytest.mark.parametrize(
    ("error", "expected", "deletes"),
    [
        (rejected("TOKEN_ROTATED"), 401, True),
        (rejected("REVOKED"), 401, True),
        (no_verdict(), 503, False),
        (no_verdict(grpc.StatusCode.PERMISSION_DENIED), 401, False),
    ],
)
def test_a_rotation_that_fails_lets_nothing_pass(
    authority: FakeAuthority, error: Exception, expected: int, deletes: bool
) -> None:
    authority.verdicts["sa_ann"] = rejected("ROTATION_REQUIRED")
    authority.rotations["sa_ann"] = error
    outcome = decide(authority, "GET", "/account", COOKIE)
    assert isinstance(outcome, Denied)
    assert outcome.status == expected
    assert any(name == "set-cookie" for name, _ in outcome.all_headers()) is deletes


def test_a_token_is_rotated_when_it_is_due(authority: FakeAuthority) -> None:
    now = datetime.now(timezone.utc)
    authority.rotations["sa_ann"] = rotated()
    authority.verdicts["sa_ann"] = session(rotate_after=now + timedelta(hours=1))
    outcome = decide(authority, "GET", "/account", COOKIE)
    assert isinstance(outcome, Granted)
    assert outcome.set_cookie is None
    authority.verdicts["sa_ann"] = session(rotate_after=now)
    outcome = decide(authority, "GET", "/account", COOKIE)
    assert isinstance(outcome, Granted)
    assert outcome.token == Token("sa_new")
    assert outcome.set_cookie is not None


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, [], "198.51.100.7"),
        (0, ["6.6.6.6"], "198.51.100.7"),
        (1, ["6.6.6.6, 203.0.113.5"], "203.0.113.5"),
        (1, ["6.6.6.6", "203.0.113.5"], "203.0.113.5"),
        (2, ["6.6.6.6, 203.0.113.5, 10.0.0.1"], "203.0.113.5"),
        (2, ["203.0.113.5"], ""),
        (1, [], ""),
        (1, ["[2001:db8::1]:443"], "2001:db8::1"),
        (1, ["203.0.113.5:1234"], "203.0.113.5"),
        (1, ["fe80::1%eth0"], "fe80::1"),
        (1, ["unknown"], ""),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(proxies: int, forwarded: list[str], expected: str) -> None:
    headers = tuple(("x-forwarded-for", value) for value in forwarded)
    assert IncomingRequest("GET", "/", headers, "198.51.100.7").client_address(proxies) == expected


@pytest.mark.parametrize(
    "arguments",
    [{"public": "/"}, {"public": ["sign-in"]}, {"public": ["/a*"]}, {"optional": ["*"]}, {"trusted_proxies": -1}],
)
def test_a_mistake_in_the_settings_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Protection(**arguments)
