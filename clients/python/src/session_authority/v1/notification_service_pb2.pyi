import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import alert_pb2 as _alert_pb2
from session_authority.v1 import options_pb2 as _options_pb2
from session_authority.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LeaseRequest(_message.Message):
    __slots__ = ("tenant_id", "max_notifications", "visibility_timeout")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    max_notifications: int
    visibility_timeout: _duration_pb2.Duration
    def __init__(self, tenant_id: _Optional[str] = ..., max_notifications: _Optional[int] = ..., visibility_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseResponse(_message.Message):
    __slots__ = ("notifications", "lease_id", "leased_until")
    NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    LEASED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    notifications: _containers.RepeatedCompositeFieldContainer[Notification]
    lease_id: str
    leased_until: _timestamp_pb2.Timestamp
    def __init__(self, notifications: _Optional[_Iterable[_Union[Notification, _Mapping]]] = ..., lease_id: _Optional[str] = ..., leased_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Notification(_message.Message):
    __slots__ = ("notification_id", "tenant_id", "user_id", "email", "locale", "language", "subject", "text", "severity", "findings", "device", "location", "event_time", "action_taken", "links", "attempt", "expires_at")
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTION_TAKEN_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    notification_id: str
    tenant_id: str
    user_id: str
    email: str
    locale: str
    language: str
    subject: str
    text: str
    severity: _alert_pb2.Severity
    findings: _containers.RepeatedCompositeFieldContainer[NotificationFinding]
    device: _session_pb2.Device
    location: _session_pb2.Location
    event_time: _timestamp_pb2.Timestamp
    action_taken: _alert_pb2.AlertAction
    links: NotificationLinks
    attempt: int
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, notification_id: _Optional[str] = ..., tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., email: _Optional[str] = ..., locale: _Optional[str] = ..., language: _Optional[str] = ..., subject: _Optional[str] = ..., text: _Optional[str] = ..., severity: _Optional[_Union[_alert_pb2.Severity, str]] = ..., findings: _Optional[_Iterable[_Union[NotificationFinding, _Mapping]]] = ..., device: _Optional[_Union[_session_pb2.Device, _Mapping]] = ..., location: _Optional[_Union[_session_pb2.Location, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., action_taken: _Optional[_Union[_alert_pb2.AlertAction, str]] = ..., links: _Optional[_Union[NotificationLinks, _Mapping]] = ..., attempt: _Optional[int] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class NotificationFinding(_message.Message):
    __slots__ = ("alert_id", "rule", "severity", "text")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    rule: str
    severity: _alert_pb2.Severity
    text: str
    def __init__(self, alert_id: _Optional[str] = ..., rule: _Optional[str] = ..., severity: _Optional[_Union[_alert_pb2.Severity, str]] = ..., text: _Optional[str] = ...) -> None: ...

class NotificationLinks(_message.Message):
    __slots__ = ("was_me", "was_not_me", "expires_at")
    WAS_ME_FIELD_NUMBER: _ClassVar[int]
    WAS_NOT_ME_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    was_me: str
    was_not_me: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, was_me: _Optional[str] = ..., was_not_me: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AckRequest(_message.Message):
    __slots__ = ("lease_id", "notification_ids")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    NOTIFICATION_IDS_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    notification_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, lease_id: _Optional[str] = ..., notification_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class AckResponse(_message.Message):
    __slots__ = ("acknowledged_ids", "refused_ids")
    ACKNOWLEDGED_IDS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_IDS_FIELD_NUMBER: _ClassVar[int]
    acknowledged_ids: _containers.RepeatedScalarFieldContainer[str]
    refused_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, acknowledged_ids: _Optional[_Iterable[str]] = ..., refused_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ExtendRequest(_message.Message):
    __slots__ = ("lease_id", "notification_ids", "visibility_timeout")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    NOTIFICATION_IDS_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    notification_ids: _containers.RepeatedScalarFieldContainer[str]
    visibility_timeout: _duration_pb2.Duration
    def __init__(self, lease_id: _Optional[str] = ..., notification_ids: _Optional[_Iterable[str]] = ..., visibility_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ExtendResponse(_message.Message):
    __slots__ = ("extended_ids", "refused_ids", "leased_until")
    EXTENDED_IDS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_IDS_FIELD_NUMBER: _ClassVar[int]
    LEASED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    extended_ids: _containers.RepeatedScalarFieldContainer[str]
    refused_ids: _containers.RepeatedScalarFieldContainer[str]
    leased_until: _timestamp_pb2.Timestamp
    def __init__(self, extended_ids: _Optional[_Iterable[str]] = ..., refused_ids: _Optional[_Iterable[str]] = ..., leased_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetQueueStatsRequest(_message.Message):
    __slots__ = ("tenant_id",)
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    def __init__(self, tenant_id: _Optional[str] = ...) -> None: ...

class GetQueueStatsResponse(_message.Message):
    __slots__ = ("waiting_count", "leased_count", "dead_count", "oldest_queued_at", "dead")
    WAITING_COUNT_FIELD_NUMBER: _ClassVar[int]
    LEASED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DEAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    OLDEST_QUEUED_AT_FIELD_NUMBER: _ClassVar[int]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    waiting_count: int
    leased_count: int
    dead_count: int
    oldest_queued_at: _timestamp_pb2.Timestamp
    dead: _containers.RepeatedCompositeFieldContainer[DeadNotification]
    def __init__(self, waiting_count: _Optional[int] = ..., leased_count: _Optional[int] = ..., dead_count: _Optional[int] = ..., oldest_queued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., dead: _Optional[_Iterable[_Union[DeadNotification, _Mapping]]] = ...) -> None: ...

class DeadNotification(_message.Message):
    __slots__ = ("notification_id", "tenant_id", "user_id", "attempts", "queued_at")
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_AT_FIELD_NUMBER: _ClassVar[int]
    notification_id: str
    tenant_id: str
    user_id: str
    attempts: int
    queued_at: _timestamp_pb2.Timestamp
    def __init__(self, notification_id: _Optional[str] = ..., tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., attempts: _Optional[int] = ..., queued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RequeueRequest(_message.Message):
    __slots__ = ("tenant_id", "notification_ids", "all")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    NOTIFICATION_IDS_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    notification_ids: _containers.RepeatedScalarFieldContainer[str]
    all: bool
    def __init__(self, tenant_id: _Optional[str] = ..., notification_ids: _Optional[_Iterable[str]] = ..., all: bool = ...) -> None: ...

class RequeueResponse(_message.Message):
    __slots__ = ("requeued_count", "dead_count")
    REQUEUED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DEAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    requeued_count: int
    dead_count: int
    def __init__(self, requeued_count: _Optional[int] = ..., dead_count: _Optional[int] = ...) -> None: ...

class AnswerLinkRequest(_message.Message):
    __slots__ = ("token", "validate_only")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    token: str
    validate_only: bool
    def __init__(self, token: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class AnswerLinkResponse(_message.Message):
    __slots__ = ("verdict", "already_answered", "session_ids")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_ANSWERED_FIELD_NUMBER: _ClassVar[int]
    SESSION_IDS_FIELD_NUMBER: _ClassVar[int]
    verdict: _alert_pb2.AlertVerdict
    already_answered: bool
    session_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, verdict: _Optional[_Union[_alert_pb2.AlertVerdict, str]] = ..., already_answered: bool = ..., session_ids: _Optional[_Iterable[str]] = ...) -> None: ...
