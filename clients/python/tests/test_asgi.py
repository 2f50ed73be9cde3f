from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, WebSocket
from fastapi.responses import RedirectResponse

from session_authority import CreatedSession, RotatedSession, Session, Token
from session_authority.web import asgi
from session_authority.web.fastapi import CurrentSession, OptionalSession, RequireRole, SessionMiddleware, StepUp

from .conftest import AsyncFakeAuthority, no_verdict, rejected, session

COOKIE = {"cookie": "__Host-session=sa_ann"}


def build(authority: Any) -> FastAPI:
    app = FastAPI()

    @app.get("/account")
    async def account(session: CurrentSession) -> str:
        return session.user_id

    @app.get("/forgotten")
    async def forgotten() -> str:
        return "nobody checks here"

    @app.get("/news")
    async def news(session: OptionalSession) -> str:
        return session.user_id if session else "anonymous"

    @app.get("/")
    async def home(session: CurrentSession) -> str:
        return session.user_id

    @app.get("/transfer")
    async def transfer(session: Annotated[Session, Depends(StepUp(max_auth_age=timedelta(minutes=5)))]) -> str:
        return session.user_id

    @app.get("/strong")
    async def strong(session: Annotated[Session, Depends(StepUp(min_assurance_level=2))]) -> str:
        return session.user_id

    @app.get("/admin")
    async def admin(session: Annotated[Session, Depends(RequireRole("admin", "auditor"))]) -> str:
        return session.user_id

    @app.get("/outage")
    async def outage() -> str:
        raise no_verdict()

    @app.post("/sign-in")
    async def sign_in(request: Request) -> RedirectResponse:
        response = RedirectResponse("/account", 303)
        asgi.ensure_device(request, asgi.client_context(request), response)
        await asgi.sign_in(request, response, CreatedSession(Token("sa_new"), session(), (), ()))
        return response

    @app.post("/sign-out")
    async def sign_out(request: Request) -> RedirectResponse:
        response = RedirectResponse("/", 303)
        await asgi.sign_out(request, response)
        return response

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(asgi.require_session(websocket).user_id)
        await websocket.close()

    if authority is not None:
        app.add_middleware(SessionMiddleware, client=authority, public=["/", "POST /sign-in"], optional=["/news"])
    return app


@pytest.fixture
async def browser(async_authority: AsyncFakeAuthority) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(async_authority), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://app.example") as client:
        yield client


async def test_a_handler_that_forgets_the_check_is_protected(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/forgotten")
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert (await browser.get("/forgotten", headers=COOKIE)).status_code == 200


async def test_without_the_middleware_the_forgotten_check_would_be_open() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=build(None)), base_url="https://app") as client:
        assert (await client.get("/forgotten")).status_code == 200


async def test_a_handler_that_requires_a_session_fails_without_the_middleware() -> None:
    transport = httpx.ASGITransport(app=build(None), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://app") as client:
        assert (await client.get("/account")).status_code == 500


async def test_a_handler_gets_the_session(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/account", headers=COOKIE)).json() == "ann"
    assert (await browser.get("/news", headers=COOKIE)).json() == "ann"
    assert (await browser.get("/news")).json() == "anonymous"


async def test_an_optional_path_has_no_session_of_a_rejected_or_ambiguous_token(browser: httpx.AsyncClient) -> None:
    for cookie in ("__Host-session=sa_invented", "__Host-session=sa_ann; __Host-session=sa_planted"):
        response = await browser.get("/news", headers={"cookie": cookie})
        assert response.json() == "anonymous"
        assert response.headers["set-cookie"].startswith("__Host-session=; Max-Age=0")


async def test_requiring_a_session_on_a_public_path_is_an_error_and_no_anonymous_session(
    browser: httpx.AsyncClient,
) -> None:
    assert (await browser.get("/", headers=COOKIE)).status_code == 500


@pytest.mark.parametrize("path", ["/account", "/forgotten", "/news"])
async def test_no_verdict_is_503(browser: httpx.AsyncClient, async_authority: AsyncFakeAuthority, path: str) -> None:
    async_authority.verdicts["sa_ann"] = no_verdict()
    response = await browser.get(path, headers=COOKIE)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert "set-cookie" not in response.headers


async def test_an_error_of_the_authority_in_a_handler_is_503(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/outage", headers=COOKIE)).status_code == 503


async def test_step_up(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/transfer", headers=COOKIE)).json() == "ann"
    response = await browser.get("/strong", headers=COOKIE)
    assert response.status_code == 403
    assert response.json()["error"] == "step_up_required"


async def test_a_role_can_be_required(browser: httpx.AsyncClient, async_authority: AsyncFakeAuthority) -> None:
    async_authority.verdicts["sa_reader"] = session(roles=["reader"])
    async_authority.verdicts["sa_auditor"] = session("eve", roles=["reader", "auditor"])
    assert (await browser.get("/admin", headers={"cookie": "__Host-session=sa_auditor"})).json() == "eve"
    for token in ("sa_ann", "sa_reader"):
        response = await browser.get("/admin", headers={"cookie": f"__Host-session={token}"})
        assert (response.status_code, response.json()["error"]) == (403, "missing_role")
        assert "set-cookie" not in response.headers
    assert (await browser.get("/admin")).status_code == 401


async def test_sign_in_sets_the_cookies_and_ends_the_previous_session(
    browser: httpx.AsyncClient, async_authority: AsyncFakeAuthority
) -> None:
    response = await browser.post("/sign-in", headers=COOKIE)
    cookies = response.headers.get_list("set-cookie")
    assert cookies[1] == "__Host-session=sa_new; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert cookies[0].startswith("__Host-device=")
    assert async_authority.calls == [("sign_out", "sa_ann")]


async def test_another_site_cannot_sign_a_user_in(
    browser: httpx.AsyncClient, async_authority: AsyncFakeAuthority
) -> None:
    async_authority.verdicts["sa_new"] = session()
    response = await browser.post("/sign-in", headers={"sec-fetch-site": "cross-site"})
    assert (response.status_code, response.json()["error"]) == (403, "cross_site_request")
    assert "set-cookie" not in response.headers
    assert async_authority.calls == [("sign_out", "sa_new")]


async def test_a_known_device_keeps_its_cookie(browser: httpx.AsyncClient) -> None:
    response = await browser.post("/sign-in", headers={"cookie": f"__Host-device={'d' * 32}"})
    assert len(response.headers.get_list("set-cookie")) == 1


async def test_sign_out_ends_the_session_and_deletes_the_cookie(
    browser: httpx.AsyncClient, async_authority: AsyncFakeAuthority
) -> None:
    response = await browser.post("/sign-out", headers=COOKIE)
    assert response.headers["set-cookie"].startswith("__Host-session=; Max-Age=0")
    assert ("sign_out", "sa_ann") in async_authority.calls


async def test_a_rotated_token_reaches_the_browser_unless_the_handler_sets_the_cookie(
    browser: httpx.AsyncClient, async_authority: AsyncFakeAuthority
) -> None:
    async_authority.verdicts.update({"sa_ann": rejected("ROTATION_REQUIRED"), "sa_new": session()})
    async_authority.rotations["sa_ann"] = RotatedSession(Token("sa_new"), session())
    response = await browser.get("/account", headers=COOKIE)
    assert response.headers.get_list("set-cookie") == ["__Host-session=sa_new; Path=/; Secure; HttpOnly; SameSite=Lax"]
    response = await browser.post("/sign-out", headers=COOKIE)
    assert len(response.headers.get_list("set-cookie")) == 1
    assert ("sign_out", "sa_new") in async_authority.calls


async def test_a_head_request_is_denied_without_a_body(browser: httpx.AsyncClient) -> None:
    response = await browser.head("/account")
    assert (response.status_code, response.content) == (401, b"")


async def open_websocket(app: FastAPI, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Returns what the application sends to a client that opens a WebSocket."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "websocket",
        "path": "/socket",
        "headers": [(name.encode(), value.encode()) for name, value in {"host": "app.example", **headers}.items()],
        "query_string": b"",
        "subprotocols": [],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_a_websocket_needs_a_session_and_the_same_origin(async_authority: AsyncFakeAuthority) -> None:
    app = build(async_authority)
    accepted = await open_websocket(app, {**COOKIE, "origin": "https://app.example"})
    assert [message["type"] for message in accepted] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert accepted[1]["text"] == "ann"
    for headers in ({}, {**COOKIE, "origin": "https://evil.example"}, {"cookie": "__Host-session=sa_invented"}):
        refused = await open_websocket(app, headers)
        assert [message["type"] for message in refused] == ["websocket.close"]
