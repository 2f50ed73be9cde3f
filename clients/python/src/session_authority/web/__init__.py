"""Protection of web applications: `asgi` (Starlette), `fastapi` and `django`.

A middleware protects everything that it wraps. Public paths are listed by name; every other request reaches the
application only with a session. Without a verdict the response is 503. No option lets a request pass in that case.
"""

from .cookies import DEVICE_COOKIE, SESSION_COOKIE, delete_session_cookie, device_cookie, session_cookie
from .protection import Protection

__all__ = [
    "DEVICE_COOKIE",
    "SESSION_COOKIE",
    "Protection",
    "delete_session_cookie",
    "device_cookie",
    "session_cookie",
]
