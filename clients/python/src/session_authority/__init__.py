"""Client for the session authority.

`Client` is for threads, `AsyncClient` for asyncio. `validate` returns a session or raises: nothing that it returns
means "signed out". The modules under `session_authority.web` protect ASGI and Django applications.
"""

from ._requests import Validation
from .alerts import AlertEvent, AlertStream, AsyncAlertStream
from .async_client import AsyncClient
from .client import Client
from .consumer import AsyncNotificationConsumer, NotificationConsumer
from .errors import (
    CallError,
    ConfigurationError,
    InvalidField,
    NoVerdict,
    Rejected,
    RejectReason,
    SessionAuthorityError,
    StepUpRequired,
)
from .notifications import AsyncNotifications, Notifications
from .options import Tls, VerdictCache
from .session import CreatedSession, RotatedSession, Session, UpdatedSession
from .token import Token
from .v1.notification_service_pb2 import Notification
from .v1.session_pb2 import ClientContext
from .v1.session_service_pb2 import CreateRequest
from .verdict import Accepted, Refused, Undecided, Verdict
from .webhooks import AsyncWebhooks, Webhooks

__all__ = [
    "Accepted",
    "AlertEvent",
    "AlertStream",
    "AsyncAlertStream",
    "AsyncClient",
    "AsyncNotificationConsumer",
    "AsyncNotifications",
    "AsyncWebhooks",
    "CallError",
    "Client",
    "ClientContext",
    "ConfigurationError",
    "CreateRequest",
    "CreatedSession",
    "InvalidField",
    "NoVerdict",
    "Notification",
    "NotificationConsumer",
    "Notifications",
    "Refused",
    "RejectReason",
    "Rejected",
    "RotatedSession",
    "Session",
    "SessionAuthorityError",
    "StepUpRequired",
    "Tls",
    "Token",
    "Undecided",
    "UpdatedSession",
    "Validation",
    "Verdict",
    "VerdictCache",
    "Webhooks",
]
