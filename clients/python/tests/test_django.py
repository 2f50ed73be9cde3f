from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["session_authority.web.django.SessionAuthorityMiddleware"],
    SESSION_AUTHORITY={"CLIENT": {"target": "127.0.0.1:1"}, "PUBLIC": ["/", "POST /sign-in"], "OPTIONAL": ["/news"]},
)
django.setup()

from django.test import Client as Browser  # noqa: E402
from django.urls import path  # noqa: E402

from session_authority import ConfigurationError, CreatedSession, RotatedSession, Token  # noqa: E402
from session_authority.web import django as web  # noqa: E402

from .conftest import FakeAuthority, no_verdict, rejected, session  # noqa: E402

COOKIE = {"cookie": "__Host-session=sa_ann"}


def account(request: HttpRequest) -> HttpResponse:
    return HttpResponse(web.require_session(request).user_id)


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nobody checks here")


def news(request: HttpRequest) -> HttpResponse:
    found = web.optional_session(request)
    return HttpResponse(found.user_id if found else "anonymous")


def outage(request: HttpRequest) -> HttpResponse:
    raise no_verdict()


@web.step_up(min_assurance_level=2)
def strong(request: HttpRequest) -> HttpResponse:
    return HttpResponse("never")


@web.require_role("admin", "auditor")
def admin(request: HttpRequest) -> HttpResponse:
    return HttpResponse(web.require_session(request).user_id)


def sign_in(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(status=303)
    web.ensure_device(request, web.client_context(request), response)
    web.sign_in(request, response, CreatedSession(Token("sa_new"), session(), (), ()))
    return response


def sign_out(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(status=303)
    web.sign_out(request, response)
    return response


urlpatterns = [
    path("", account),
    path("account", account),
    path("forgotten", forgotten),
    path("news", news),
    path("outage", outage),
    path("strong", strong),
    path("admin", admin),
    path("sign-in", sign_in),
    path("sign-out", sign_out),
]


@pytest.fixture(autouse=True)
def connected(authority: FakeAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "client", lambda: authority)


@pytest.fixture
def browser() -> Browser:
    return Browser(raise_request_exception=False)


def test_a_view_that_forgets_the_check_is_protected(browser: Browser) -> None:
    response = browser.get("/forgotten")
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert browser.get("/forgotten", headers=COOKIE).status_code == 200


def test_without_the_middleware_the_forgotten_check_would_be_open(browser: Browser, settings_without: None) -> None:
    assert browser.get("/forgotten").status_code == 200
    assert browser.get("/account").status_code == 500


@pytest.fixture
def settings_without() -> Iterator[None]:
    middleware, settings.MIDDLEWARE = settings.MIDDLEWARE, []
    yield
    settings.MIDDLEWARE = middleware


def test_a_view_gets_the_session(browser: Browser) -> None:
    assert browser.get("/account", headers=COOKIE).content == b"ann"
    assert browser.get("/news", headers=COOKIE).content == b"ann"
    assert browser.get("/news").content == b"anonymous"
    assert browser.get("/", headers=COOKIE).status_code == 500


def test_an_optional_path_has_no_session_of_a_rejected_or_ambiguous_token(browser: Browser) -> None:
    for cookie in ("__Host-session=sa_invented", "__Host-session=sa_ann; __Host-session=sa_planted"):
        response = browser.get("/news", headers={"cookie": cookie})
        assert response.content == b"anonymous"
        assert response.cookies["__Host-session"]["max-age"] == "0"


@pytest.mark.parametrize("url", ["/account", "/forgotten", "/news"])
def test_no_verdict_is_503(browser: Browser, authority: FakeAuthority, url: str) -> None:
    authority.verdicts["sa_ann"] = no_verdict()
    response = browser.get(url, headers=COOKIE)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert not response.cookies


def test_a_view_can_require_a_role(browser: Browser, authority: FakeAuthority) -> None:
    response = browser.get("/admin", headers=COOKIE)
    assert (response.status_code, response.json()["error"]) == (403, "missing_role")
    authority.verdicts["sa_ann"] = session(roles=["auditor"])
    assert browser.get("/admin", headers=COOKIE).content == b"ann"
    assert browser.get("/admin").status_code == 401


def test_errors_in_views_become_responses(browser: Browser) -> None:
    assert browser.get("/outage", headers=COOKIE).status_code == 503
    response = browser.get("/strong", headers=COOKIE)
    assert (response.status_code, response.json()["error"]) == (403, "step_up_required")


def test_a_forged_change_is_refused(browser: Browser) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert browser.post("/sign-out", headers={**COOKIE, **headers}).status_code == 403
    same = {"host": "testserver", "origin": "https://testserver"}
    assert browser.post("/sign-out", headers={**COOKIE, **same}).status_code == 303


def test_sign_in_and_sign_out_set_the_cookies(browser: Browser, authority: FakeAuthority) -> None:
    cookies = browser.post("/sign-in", headers=COOKIE).cookies
    assert cookies["__Host-session"].OutputString() == "__Host-session=sa_new; HttpOnly; Path=/; SameSite=Lax; Secure"
    assert cookies["__Host-device"]["max-age"]
    assert authority.calls == [("sign_out", "sa_ann")]
    deleted = browser.post("/sign-out", headers=COOKIE).cookies["__Host-session"]
    assert (deleted.value, deleted["max-age"], deleted["secure"]) == ("", "0", True)


def test_the_cookie_of_an_ended_session_is_deleted(browser: Browser, authority: FakeAuthority) -> None:
    authority.verdicts["sa_ann"] = rejected("REVOKED")
    response = browser.get("/account", headers=COOKIE)
    assert response.status_code == 401
    assert response.cookies["__Host-session"]["max-age"] == "0"


def test_a_rotated_token_reaches_the_browser(browser: Browser, authority: FakeAuthority) -> None:
    authority.verdicts.update({"sa_ann": rejected("ROTATION_REQUIRED"), "sa_new": session()})
    authority.rotations["sa_ann"] = RotatedSession(Token("sa_new"), session())
    assert browser.get("/account", headers=COOKIE).cookies["__Host-session"].value == "sa_new"


def test_an_unknown_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    values: dict[str, Any] = {**settings.SESSION_AUTHORITY, "FAIL_OPEN": True}
    monkeypatch.setattr(settings, "SESSION_AUTHORITY", values)
    with pytest.raises(ConfigurationError, match="FAIL_OPEN"):
        web.SessionAuthorityMiddleware(lambda request: HttpResponse())


def test_another_site_cannot_sign_a_user_in(browser: Browser, authority: FakeAuthority) -> None:
    authority.verdicts["sa_new"] = session()
    response = browser.post("/sign-in", headers={"sec-fetch-site": "cross-site"})
    assert (response.status_code, response.json()["error"]) == (403, "cross_site_request")
    assert not response.cookies
    assert authority.calls == [("sign_out", "sa_new")]
