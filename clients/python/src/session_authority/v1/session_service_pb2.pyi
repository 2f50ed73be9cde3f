import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import alert_pb2 as _alert_pb2
from session_authority.v1 import auth_event_pb2 as _auth_event_pb2
from session_authority.v1 import error_reason_pb2 as _error_reason_pb2
from session_authority.v1 import options_pb2 as _options_pb2
from session_authority.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Consistency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSISTENCY_UNSPECIFIED: _ClassVar[Consistency]
    CONSISTENCY_BOUNDED: _ClassVar[Consistency]
    CONSISTENCY_STRONG: _ClassVar[Consistency]

class Activity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTIVITY_UNSPECIFIED: _ClassVar[Activity]
    ACTIVITY_TOUCH: _ClassVar[Activity]
    ACTIVITY_PEEK: _ClassVar[Activity]

class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_UNSPECIFIED: _ClassVar[Source]
    SOURCE_CACHE: _ClassVar[Source]
    SOURCE_STORE: _ClassVar[Source]
    SOURCE_TOKEN: _ClassVar[Source]
CONSISTENCY_UNSPECIFIED: Consistency
CONSISTENCY_BOUNDED: Consistency
CONSISTENCY_STRONG: Consistency
ACTIVITY_UNSPECIFIED: Activity
ACTIVITY_TOUCH: Activity
ACTIVITY_PEEK: Activity
SOURCE_UNSPECIFIED: Source
SOURCE_CACHE: Source
SOURCE_STORE: Source
SOURCE_TOKEN: Source

class CreateRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "email", "roles", "data", "client", "remember", "lifetime", "idle_timeout", "policy", "auth_methods", "assurance_level", "authenticated_at", "request_id", "migrated", "notify")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    REMEMBER_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    AUTH_METHODS_FIELD_NUMBER: _ClassVar[int]
    ASSURANCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICATED_AT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MIGRATED_FIELD_NUMBER: _ClassVar[int]
    NOTIFY_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    email: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    data: _struct_pb2.Struct
    client: _session_pb2.ClientContext
    remember: bool
    lifetime: _duration_pb2.Duration
    idle_timeout: _duration_pb2.Duration
    policy: str
    auth_methods: _containers.RepeatedScalarFieldContainer[str]
    assurance_level: int
    authenticated_at: _timestamp_pb2.Timestamp
    request_id: str
    migrated: bool
    notify: NotificationContact
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., email: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., data: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., client: _Optional[_Union[_session_pb2.ClientContext, _Mapping]] = ..., remember: bool = ..., lifetime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., idle_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., policy: _Optional[str] = ..., auth_methods: _Optional[_Iterable[str]] = ..., assurance_level: _Optional[int] = ..., authenticated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ..., migrated: bool = ..., notify: _Optional[_Union[NotificationContact, _Mapping]] = ...) -> None: ...

class NotificationContact(_message.Message):
    __slots__ = ("email", "locale")
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    email: str
    locale: str
    def __init__(self, email: _Optional[str] = ..., locale: _Optional[str] = ...) -> None: ...

class CreateResponse(_message.Message):
    __slots__ = ("token", "session", "ended", "alerts")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    token: str
    session: _session_pb2.Session
    ended: _containers.RepeatedCompositeFieldContainer[_session_pb2.EndedSession]
    alerts: _containers.RepeatedCompositeFieldContainer[_alert_pb2.Alert]
    def __init__(self, token: _Optional[str] = ..., session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., ended: _Optional[_Iterable[_Union[_session_pb2.EndedSession, _Mapping]]] = ..., alerts: _Optional[_Iterable[_Union[_alert_pb2.Alert, _Mapping]]] = ...) -> None: ...

class ValidateRequest(_message.Message):
    __slots__ = ("token", "client", "consistency", "activity", "max_auth_age", "min_assurance_level")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    MAX_AUTH_AGE_FIELD_NUMBER: _ClassVar[int]
    MIN_ASSURANCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    token: str
    client: _session_pb2.ClientContext
    consistency: Consistency
    activity: Activity
    max_auth_age: _duration_pb2.Duration
    min_assurance_level: int
    def __init__(self, token: _Optional[str] = ..., client: _Optional[_Union[_session_pb2.ClientContext, _Mapping]] = ..., consistency: _Optional[_Union[Consistency, str]] = ..., activity: _Optional[_Union[Activity, str]] = ..., max_auth_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., min_assurance_level: _Optional[int] = ...) -> None: ...

class ValidateResponse(_message.Message):
    __slots__ = ("session", "rejection", "source", "as_of", "cache_ttl", "rotate_after")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    REJECTION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    CACHE_TTL_FIELD_NUMBER: _ClassVar[int]
    ROTATE_AFTER_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    rejection: _session_pb2.Rejection
    source: Source
    as_of: _timestamp_pb2.Timestamp
    cache_ttl: _duration_pb2.Duration
    rotate_after: _timestamp_pb2.Timestamp
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., rejection: _Optional[_Union[_session_pb2.Rejection, _Mapping]] = ..., source: _Optional[_Union[Source, str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cache_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., rotate_after: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ValidateStreamRequest(_message.Message):
    __slots__ = ("tag", "request")
    TAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    tag: int
    request: ValidateRequest
    def __init__(self, tag: _Optional[int] = ..., request: _Optional[_Union[ValidateRequest, _Mapping]] = ...) -> None: ...

class ValidateStreamResponse(_message.Message):
    __slots__ = ("tag", "response", "failure")
    TAG_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    tag: int
    response: ValidateResponse
    failure: ValidateFailure
    def __init__(self, tag: _Optional[int] = ..., response: _Optional[_Union[ValidateResponse, _Mapping]] = ..., failure: _Optional[_Union[ValidateFailure, _Mapping]] = ...) -> None: ...

class ValidateFailure(_message.Message):
    __slots__ = ("code", "reason", "message", "field", "retry_after")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: _error_reason_pb2.ErrorReason
    message: str
    field: str
    retry_after: _duration_pb2.Duration
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[_Union[_error_reason_pb2.ErrorReason, str]] = ..., message: _Optional[str] = ..., field: _Optional[str] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class UpdateRequest(_message.Message):
    __slots__ = ("session_id", "session", "update_mask", "if_revision", "rotate")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    IF_REVISION_FIELD_NUMBER: _ClassVar[int]
    ROTATE_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    session: _session_pb2.Session
    update_mask: _field_mask_pb2.FieldMask
    if_revision: int
    rotate: bool
    def __init__(self, session_id: _Optional[str] = ..., session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., if_revision: _Optional[int] = ..., rotate: bool = ...) -> None: ...

class UpdateResponse(_message.Message):
    __slots__ = ("session", "token")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    token: str
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., token: _Optional[str] = ...) -> None: ...

class RotateRequest(_message.Message):
    __slots__ = ("token", "client")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    token: str
    client: _session_pb2.ClientContext
    def __init__(self, token: _Optional[str] = ..., client: _Optional[_Union[_session_pb2.ClientContext, _Mapping]] = ...) -> None: ...

class RotateResponse(_message.Message):
    __slots__ = ("token", "session", "rejection")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    REJECTION_FIELD_NUMBER: _ClassVar[int]
    token: str
    session: _session_pb2.Session
    rejection: _session_pb2.Rejection
    def __init__(self, token: _Optional[str] = ..., session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., rejection: _Optional[_Union[_session_pb2.Rejection, _Mapping]] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("session_id", "tenant_id", "user_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    tenant_id: str
    user_id: str
    def __init__(self, session_id: _Optional[str] = ..., tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class TouchRequest(_message.Message):
    __slots__ = ("touches",)
    TOUCHES_FIELD_NUMBER: _ClassVar[int]
    touches: _containers.RepeatedCompositeFieldContainer[SessionTouch]
    def __init__(self, touches: _Optional[_Iterable[_Union[SessionTouch, _Mapping]]] = ...) -> None: ...

class SessionTouch(_message.Message):
    __slots__ = ("session_id", "used_at")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    USED_AT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    used_at: _timestamp_pb2.Timestamp
    def __init__(self, session_id: _Optional[str] = ..., used_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TouchResponse(_message.Message):
    __slots__ = ("sessions",)
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[TouchedSession]
    def __init__(self, sessions: _Optional[_Iterable[_Union[TouchedSession, _Mapping]]] = ...) -> None: ...

class TouchedSession(_message.Message):
    __slots__ = ("session_id", "active", "last_active_at", "idle_expires_at")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    IDLE_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    active: bool
    last_active_at: _timestamp_pb2.Timestamp
    idle_expires_at: _timestamp_pb2.Timestamp
    def __init__(self, session_id: _Optional[str] = ..., active: bool = ..., last_active_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., idle_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "current_session_id")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENT_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    current_session_id: str
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., current_session_id: _Optional[str] = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ("sessions",)
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[_session_pb2.Session]
    def __init__(self, sessions: _Optional[_Iterable[_Union[_session_pb2.Session, _Mapping]]] = ...) -> None: ...

class RevokeRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "session_id", "token", "device_id", "reason", "actor", "sign_out", "compromised")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    SIGN_OUT_FIELD_NUMBER: _ClassVar[int]
    COMPROMISED_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    session_id: str
    token: str
    device_id: str
    reason: str
    actor: str
    sign_out: bool
    compromised: bool
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., token: _Optional[str] = ..., device_id: _Optional[str] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ..., sign_out: bool = ..., compromised: bool = ...) -> None: ...

class RevokeResponse(_message.Message):
    __slots__ = ("revoked", "session_ids")
    REVOKED_FIELD_NUMBER: _ClassVar[int]
    SESSION_IDS_FIELD_NUMBER: _ClassVar[int]
    revoked: bool
    session_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, revoked: bool = ..., session_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RevokeAllRequest(_message.Message):
    __slots__ = ("user", "tenant", "everyone", "except_session_id", "except_token", "reason", "actor", "operation_id", "compromised")
    USER_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    EVERYONE_FIELD_NUMBER: _ClassVar[int]
    EXCEPT_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    EXCEPT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    COMPROMISED_FIELD_NUMBER: _ClassVar[int]
    user: UserScope
    tenant: TenantScope
    everyone: Everyone
    except_session_id: str
    except_token: str
    reason: str
    actor: str
    operation_id: str
    compromised: bool
    def __init__(self, user: _Optional[_Union[UserScope, _Mapping]] = ..., tenant: _Optional[_Union[TenantScope, _Mapping]] = ..., everyone: _Optional[_Union[Everyone, _Mapping]] = ..., except_session_id: _Optional[str] = ..., except_token: _Optional[str] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ..., operation_id: _Optional[str] = ..., compromised: bool = ...) -> None: ...

class UserScope(_message.Message):
    __slots__ = ("tenant_id", "user_id")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ...) -> None: ...

class TenantScope(_message.Message):
    __slots__ = ("tenant_id",)
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    def __init__(self, tenant_id: _Optional[str] = ...) -> None: ...

class Everyone(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RevokeAllResponse(_message.Message):
    __slots__ = ("revoked_count", "session_ids")
    REVOKED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SESSION_IDS_FIELD_NUMBER: _ClassVar[int]
    revoked_count: int
    session_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, revoked_count: _Optional[int] = ..., session_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ReportAuthEventRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "kind", "client", "method", "occurred_at")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    kind: _auth_event_pb2.AuthEventKind
    client: _session_pb2.ClientContext
    method: str
    occurred_at: _timestamp_pb2.Timestamp
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., kind: _Optional[_Union[_auth_event_pb2.AuthEventKind, str]] = ..., client: _Optional[_Union[_session_pb2.ClientContext, _Mapping]] = ..., method: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReportAuthEventResponse(_message.Message):
    __slots__ = ("throttle", "retry_after", "recent_failures", "alerts")
    THROTTLE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    RECENT_FAILURES_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    throttle: bool
    retry_after: _duration_pb2.Duration
    recent_failures: int
    alerts: _containers.RepeatedCompositeFieldContainer[_alert_pb2.Alert]
    def __init__(self, throttle: bool = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., recent_failures: _Optional[int] = ..., alerts: _Optional[_Iterable[_Union[_alert_pb2.Alert, _Mapping]]] = ...) -> None: ...

class StreamAlertsRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "rules", "min_severity", "resume_cursor", "from_start")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    MIN_SEVERITY_FIELD_NUMBER: _ClassVar[int]
    RESUME_CURSOR_FIELD_NUMBER: _ClassVar[int]
    FROM_START_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    rules: _containers.RepeatedScalarFieldContainer[str]
    min_severity: _alert_pb2.Severity
    resume_cursor: str
    from_start: bool
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., rules: _Optional[_Iterable[str]] = ..., min_severity: _Optional[_Union[_alert_pb2.Severity, str]] = ..., resume_cursor: _Optional[str] = ..., from_start: bool = ...) -> None: ...

class StreamAlertsResponse(_message.Message):
    __slots__ = ("alert", "heartbeat", "gap")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    alert: _alert_pb2.Alert
    heartbeat: _alert_pb2.Heartbeat
    gap: _alert_pb2.Gap
    def __init__(self, alert: _Optional[_Union[_alert_pb2.Alert, _Mapping]] = ..., heartbeat: _Optional[_Union[_alert_pb2.Heartbeat, _Mapping]] = ..., gap: _Optional[_Union[_alert_pb2.Gap, _Mapping]] = ...) -> None: ...

class AckAlertRequest(_message.Message):
    __slots__ = ("alert_id", "verdict", "revoke_all", "tenant_id", "user_id", "reason", "actor")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    REVOKE_ALL_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    verdict: _alert_pb2.AlertVerdict
    revoke_all: bool
    tenant_id: str
    user_id: str
    reason: str
    actor: str
    def __init__(self, alert_id: _Optional[str] = ..., verdict: _Optional[_Union[_alert_pb2.AlertVerdict, str]] = ..., revoke_all: bool = ..., tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ...) -> None: ...

class AckAlertResponse(_message.Message):
    __slots__ = ("session_ids", "already_acknowledged")
    SESSION_IDS_FIELD_NUMBER: _ClassVar[int]
    ALREADY_ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    session_ids: _containers.RepeatedScalarFieldContainer[str]
    already_acknowledged: bool
    def __init__(self, session_ids: _Optional[_Iterable[str]] = ..., already_acknowledged: bool = ...) -> None: ...
