"""What the library knows about each method of the contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class Method:
    """A method with one response.

    `idempotent`: a repeated call has the effect of one. `changes`: it ends or changes sessions, so cached verdicts may
    be outdated.
    """

    service: str
    name: str
    idempotent: bool = True
    changes: bool = False

    @property
    def admin(self) -> bool:
        """Whether the call may use the audit database, which takes longer."""
        return self.service in ("admin", "notification", "webhook")


CREATE = Method("session", "Create")  # with a request ID
VALIDATE = Method("session", "Validate")
UPDATE = Method("session", "Update", idempotent=False, changes=True)
ROTATE = Method("session", "Rotate", changes=True)
GET = Method("session", "Get")
TOUCH = Method("session", "Touch")
LIST = Method("session", "List")
REVOKE = Method("session", "Revoke", changes=True)
REVOKE_ALL = Method("session", "RevokeAll", changes=True)  # with an operation ID
REPORT_AUTH_EVENT = Method("session", "ReportAuthEvent", idempotent=False)
ACK_ALERT = Method("session", "AckAlert", changes=True)
SEARCH_SESSIONS = Method("admin", "SearchSessions")
LIST_EVENTS = Method("admin", "ListEvents")
LIST_ALERTS = Method("admin", "ListAlerts")
LIST_TENANTS = Method("admin", "ListTenants")
LIST_NODES = Method("admin", "ListNodes")
GET_STATS = Method("admin", "GetStats")
PURGE = Method("admin", "Purge")
FORGET_USER = Method("admin", "ForgetUser", changes=True)
DENY = Method("denylist", "Deny")
CHECK = Method("denylist", "Check")
LEASE = Method("notification", "Lease", idempotent=False)
ACK = Method("notification", "Ack")
EXTEND = Method("notification", "Extend")
ANSWER_LINK = Method("notification", "AnswerLink", changes=True)
GET_QUEUE_STATS = Method("notification", "GetQueueStats")
REQUEUE = Method("notification", "Requeue", idempotent=False)
LIST_WEBHOOKS = Method("webhook", "ListWebhooks")
ADD_WEBHOOK = Method("webhook", "AddWebhook", idempotent=False)
UPDATE_WEBHOOK = Method("webhook", "UpdateWebhook", idempotent=False)
REMOVE_WEBHOOK = Method("webhook", "RemoveWebhook", idempotent=False)
TEST_WEBHOOK = Method("webhook", "TestWebhook", idempotent=False)
ENABLE_WEBHOOK = Method("webhook", "EnableWebhook")
LIST_DEAD_LETTERS = Method("webhook", "ListDeadLetters")
REPLAY_WEBHOOK = Method("webhook", "ReplayWebhook", idempotent=False)
