"""An application with sign-in, a protected page, "your devices" and sign-out, on FastAPI.

Start it with ./run beside `make run`, and open http://localhost:8001. The password is `demo`, for any user.
"""

import html
import os
from datetime import datetime, timedelta, timezone
from typing import Annotated
from urllib.parse import parse_qs

import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from session_authority import AsyncClient, CreateRequest, Session
from session_authority.web import asgi
from session_authority.web.fastapi import CurrentSession, SessionMiddleware, StepUp

authority = AsyncClient(
    os.environ.get("SESSION_AUTHORITY_SERVER", "127.0.0.1:50051"),
    api_key=os.environ.get("SESSION_AUTHORITY_API_KEY"),  # role issuer; a development server needs none
)
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
# Everything is protected, except what is listed here.
app.add_middleware(SessionMiddleware, client=authority, public=["GET /", "POST /sign-in"])

SIGN_IN = """<form method="post" action="/sign-in">
<label>User <input name="user" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></form>"""


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    text = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>{body}</html>'
    return HTMLResponse(text, status, {"cache-control": "no-store"})


@app.get("/")
async def home() -> Response:
    return page("Sign in", SIGN_IN)


@app.post("/sign-in")
async def sign_in(request: Request) -> Response:
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    checked_at = datetime.now(timezone.utc)
    if not form.get("user") or form.get("password") != "demo":  # your check of the credentials
        return page("Sign in", "<p>Wrong user or password.</p>" + SIGN_IN, 401)
    response = RedirectResponse("/account", 303)
    context = asgi.client_context(request)
    asgi.ensure_device(request, context, response)
    created = await authority.create(
        CreateRequest(
            user_id=form["user"],
            client=context,
            auth_methods=["pwd"],
            assurance_level=1,
            authenticated_at=checked_at,
        )
    )
    await asgi.sign_in(request, response, created)
    return response


@app.get("/account")
async def account(session: CurrentSession) -> Response:
    user = html.escape(session.user_id)
    return page(
        f"Hello, {user}",
        f"<p>Session <code>{session.session_id}</code></p>"
        '<p><a href="/devices">Your devices</a></p>'
        '<form method="post" action="/sign-out"><button>Sign out</button></form>',
    )


@app.get("/devices")
async def devices(session: CurrentSession) -> Response:
    sessions = await authority.list_sessions(
        session.user_id, tenant_id=session.tenant_id, current_session_id=session.session_id
    )
    return page("Your devices", "<ul>" + "".join(device(each) for each in sessions) + "</ul>")


def device(session: Session) -> str:
    current = ' data-current="true"' if session.current else ""
    name = html.escape(session.device.name)
    button = (
        "(this device)"
        if session.current
        else (f'<form method="post" action="/devices/{session.session_id}/sign-out"><button>Sign out</button></form>')
    )
    return f'<li data-session-id="{session.session_id}"{current}>{name} {button}</li>'


@app.post("/devices/{session_id}/sign-out")
async def sign_out_device(session_id: str, session: CurrentSession) -> Response:
    # With the user, so that nobody can end another user's session.
    await authority.revoke(
        session_id=session_id, user_id=session.user_id, tenant_id=session.tenant_id, actor=session.user_id
    )
    return RedirectResponse("/devices", 303)


@app.post("/sign-out")
async def sign_out(request: Request) -> Response:
    response = RedirectResponse("/", 303)
    await asgi.sign_out(request, response)
    return response


@app.get("/transfer")
async def transfer(
    session: Annotated[Session, Depends(StepUp(max_auth_age=timedelta(minutes=5), min_assurance_level=2))],
) -> Response:
    return page("Transfer", f"<p>{html.escape(session.user_id)} may transfer money.</p>")


if __name__ == "__main__":
    # Without `proxy_headers`, the peer's address is that of the connection.
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ.get("PORT", "8001")), log_level="warning", proxy_headers=False
    )
