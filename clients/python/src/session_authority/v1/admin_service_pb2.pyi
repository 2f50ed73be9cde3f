import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import audit_event_pb2 as _audit_event_pb2
from session_authority.v1 import auth_event_pb2 as _auth_event_pb2
from session_authority.v1 import options_pb2 as _options_pb2
from session_authority.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SessionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_STATE_UNSPECIFIED: _ClassVar[SessionState]
    SESSION_STATE_LIVE: _ClassVar[SessionState]
    SESSION_STATE_ENDED: _ClassVar[SessionState]

class EventOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_ORDER_UNSPECIFIED: _ClassVar[EventOrder]
    EVENT_ORDER_LATEST_FIRST: _ClassVar[EventOrder]
    EVENT_ORDER_RECORDED: _ClassVar[EventOrder]
SESSION_STATE_UNSPECIFIED: SessionState
SESSION_STATE_LIVE: SessionState
SESSION_STATE_ENDED: SessionState
EVENT_ORDER_UNSPECIFIED: EventOrder
EVENT_ORDER_LATEST_FIRST: EventOrder
EVENT_ORDER_RECORDED: EventOrder

class TimeWindow(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SessionFilter(_message.Message):
    __slots__ = ("tenant_id", "user_id", "device_id", "device_type", "country", "ip_range", "asn", "auth_method", "policy", "created", "last_active")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_TYPE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    IP_RANGE_FIELD_NUMBER: _ClassVar[int]
    ASN_FIELD_NUMBER: _ClassVar[int]
    AUTH_METHOD_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    device_id: str
    device_type: _session_pb2.DeviceType
    country: str
    ip_range: str
    asn: int
    auth_method: str
    policy: str
    created: TimeWindow
    last_active: TimeWindow
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., device_id: _Optional[str] = ..., device_type: _Optional[_Union[_session_pb2.DeviceType, str]] = ..., country: _Optional[str] = ..., ip_range: _Optional[str] = ..., asn: _Optional[int] = ..., auth_method: _Optional[str] = ..., policy: _Optional[str] = ..., created: _Optional[_Union[TimeWindow, _Mapping]] = ..., last_active: _Optional[_Union[TimeWindow, _Mapping]] = ...) -> None: ...

class SessionEntry(_message.Message):
    __slots__ = ("session", "state", "ended_at", "end_reason", "reason", "actor")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    state: SessionState
    ended_at: _timestamp_pb2.Timestamp
    end_reason: _session_pb2.EndReason
    reason: str
    actor: str
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., state: _Optional[_Union[SessionState, str]] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_reason: _Optional[_Union[_session_pb2.EndReason, str]] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ...) -> None: ...

class SearchSessionsRequest(_message.Message):
    __slots__ = ("filter", "state", "end_reason", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: SessionFilter
    state: SessionState
    end_reason: _session_pb2.EndReason
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[SessionFilter, _Mapping]] = ..., state: _Optional[_Union[SessionState, str]] = ..., end_reason: _Optional[_Union[_session_pb2.EndReason, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class SearchSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token", "complete_until")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[SessionEntry]
    next_page_token: str
    complete_until: _timestamp_pb2.Timestamp
    def __init__(self, sessions: _Optional[_Iterable[_Union[SessionEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., complete_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListEventsRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "session_id", "kinds", "end_reason", "actor", "country", "ip_range", "occurred", "page_size", "page_token", "order", "recorded_since")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    IP_RANGE_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RECORDED_SINCE_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    session_id: str
    kinds: _containers.RepeatedScalarFieldContainer[_audit_event_pb2.AuditEventKind]
    end_reason: _session_pb2.EndReason
    actor: str
    country: str
    ip_range: str
    occurred: TimeWindow
    page_size: int
    page_token: str
    order: EventOrder
    recorded_since: _timestamp_pb2.Timestamp
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[_audit_event_pb2.AuditEventKind, str]]] = ..., end_reason: _Optional[_Union[_session_pb2.EndReason, str]] = ..., actor: _Optional[str] = ..., country: _Optional[str] = ..., ip_range: _Optional[str] = ..., occurred: _Optional[_Union[TimeWindow, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., order: _Optional[_Union[EventOrder, str]] = ..., recorded_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token", "complete_until", "resume_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_audit_event_pb2.AuditEvent]
    next_page_token: str
    complete_until: _timestamp_pb2.Timestamp
    resume_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[_audit_event_pb2.AuditEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., complete_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class GetStatsRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "window", "step")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    window: TimeWindow
    step: _duration_pb2.Duration
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., window: _Optional[_Union[TimeWindow, _Mapping]] = ..., step: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetStatsResponse(_message.Message):
    __slots__ = ("active_sessions", "active_users", "logins", "endings", "failed_logins", "series", "logins_by_country", "logins_by_device_type", "logins_by_browser", "session_durations", "endings_by_reason", "failed_logins_by_kind", "complete_until")
    ACTIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_USERS_FIELD_NUMBER: _ClassVar[int]
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    ENDINGS_FIELD_NUMBER: _ClassVar[int]
    FAILED_LOGINS_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    LOGINS_BY_COUNTRY_FIELD_NUMBER: _ClassVar[int]
    LOGINS_BY_DEVICE_TYPE_FIELD_NUMBER: _ClassVar[int]
    LOGINS_BY_BROWSER_FIELD_NUMBER: _ClassVar[int]
    SESSION_DURATIONS_FIELD_NUMBER: _ClassVar[int]
    ENDINGS_BY_REASON_FIELD_NUMBER: _ClassVar[int]
    FAILED_LOGINS_BY_KIND_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    active_sessions: int
    active_users: int
    logins: int
    endings: int
    failed_logins: int
    series: _containers.RepeatedCompositeFieldContainer[StatsPoint]
    logins_by_country: _containers.RepeatedCompositeFieldContainer[StatsCount]
    logins_by_device_type: _containers.RepeatedCompositeFieldContainer[DeviceTypeCount]
    logins_by_browser: _containers.RepeatedCompositeFieldContainer[StatsCount]
    session_durations: _containers.RepeatedCompositeFieldContainer[DurationQuantile]
    endings_by_reason: _containers.RepeatedCompositeFieldContainer[EndReasonCount]
    failed_logins_by_kind: _containers.RepeatedCompositeFieldContainer[AuthEventCount]
    complete_until: _timestamp_pb2.Timestamp
    def __init__(self, active_sessions: _Optional[int] = ..., active_users: _Optional[int] = ..., logins: _Optional[int] = ..., endings: _Optional[int] = ..., failed_logins: _Optional[int] = ..., series: _Optional[_Iterable[_Union[StatsPoint, _Mapping]]] = ..., logins_by_country: _Optional[_Iterable[_Union[StatsCount, _Mapping]]] = ..., logins_by_device_type: _Optional[_Iterable[_Union[DeviceTypeCount, _Mapping]]] = ..., logins_by_browser: _Optional[_Iterable[_Union[StatsCount, _Mapping]]] = ..., session_durations: _Optional[_Iterable[_Union[DurationQuantile, _Mapping]]] = ..., endings_by_reason: _Optional[_Iterable[_Union[EndReasonCount, _Mapping]]] = ..., failed_logins_by_kind: _Optional[_Iterable[_Union[AuthEventCount, _Mapping]]] = ..., complete_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StatsPoint(_message.Message):
    __slots__ = ("start", "active_sessions", "logins", "endings", "failed_logins")
    START_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    ENDINGS_FIELD_NUMBER: _ClassVar[int]
    FAILED_LOGINS_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    active_sessions: int
    logins: int
    endings: int
    failed_logins: int
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., active_sessions: _Optional[int] = ..., logins: _Optional[int] = ..., endings: _Optional[int] = ..., failed_logins: _Optional[int] = ...) -> None: ...

class StatsCount(_message.Message):
    __slots__ = ("key", "count")
    KEY_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    key: str
    count: int
    def __init__(self, key: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class DeviceTypeCount(_message.Message):
    __slots__ = ("type", "count")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    type: _session_pb2.DeviceType
    count: int
    def __init__(self, type: _Optional[_Union[_session_pb2.DeviceType, str]] = ..., count: _Optional[int] = ...) -> None: ...

class DurationQuantile(_message.Message):
    __slots__ = ("quantile", "value")
    QUANTILE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    quantile: float
    value: _duration_pb2.Duration
    def __init__(self, quantile: _Optional[float] = ..., value: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class EndReasonCount(_message.Message):
    __slots__ = ("reason", "count")
    REASON_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: _session_pb2.EndReason
    count: int
    def __init__(self, reason: _Optional[_Union[_session_pb2.EndReason, str]] = ..., count: _Optional[int] = ...) -> None: ...

class AuthEventCount(_message.Message):
    __slots__ = ("kind", "count")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    kind: _auth_event_pb2.AuthEventKind
    count: int
    def __init__(self, kind: _Optional[_Union[_auth_event_pb2.AuthEventKind, str]] = ..., count: _Optional[int] = ...) -> None: ...

class PurgeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PurgeResponse(_message.Message):
    __slots__ = ("purged_count",)
    PURGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    purged_count: int
    def __init__(self, purged_count: _Optional[int] = ...) -> None: ...

class RevokeWhereRequest(_message.Message):
    __slots__ = ("filter", "dry_run", "max_count", "reason", "actor")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    MAX_COUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    filter: SessionFilter
    dry_run: bool
    max_count: int
    reason: str
    actor: str
    def __init__(self, filter: _Optional[_Union[SessionFilter, _Mapping]] = ..., dry_run: bool = ..., max_count: _Optional[int] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ...) -> None: ...

class RevokeWhereResponse(_message.Message):
    __slots__ = ("matched_count", "revoked_count", "sample", "done", "complete_until")
    MATCHED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REVOKED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    matched_count: int
    revoked_count: int
    sample: _containers.RepeatedCompositeFieldContainer[SessionEntry]
    done: bool
    complete_until: _timestamp_pb2.Timestamp
    def __init__(self, matched_count: _Optional[int] = ..., revoked_count: _Optional[int] = ..., sample: _Optional[_Iterable[_Union[SessionEntry, _Mapping]]] = ..., done: bool = ..., complete_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ForgetUserRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "reason", "actor")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    reason: str
    actor: str
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ...) -> None: ...

class ForgetUserResponse(_message.Message):
    __slots__ = ("revoked_count", "erased_count", "retained")
    REVOKED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERASED_COUNT_FIELD_NUMBER: _ClassVar[int]
    RETAINED_FIELD_NUMBER: _ClassVar[int]
    revoked_count: int
    erased_count: int
    retained: _containers.RepeatedCompositeFieldContainer[RetainedRecords]
    def __init__(self, revoked_count: _Optional[int] = ..., erased_count: _Optional[int] = ..., retained: _Optional[_Iterable[_Union[RetainedRecords, _Mapping]]] = ...) -> None: ...

class RetainedRecords(_message.Message):
    __slots__ = ("kind", "count", "reason", "until")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    count: int
    reason: str
    until: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[str] = ..., count: _Optional[int] = ..., reason: _Optional[str] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListCredentialsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCredentialsResponse(_message.Message):
    __slots__ = ("credentials", "is_truncated")
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    IS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    credentials: _containers.RepeatedCompositeFieldContainer[Credential]
    is_truncated: bool
    def __init__(self, credentials: _Optional[_Iterable[_Union[Credential, _Mapping]]] = ..., is_truncated: bool = ...) -> None: ...

class Credential(_message.Message):
    __slots__ = ("caller", "role", "tenants", "key_id", "spiffe_id", "created_at", "expires_at", "revoked_at", "last_used_at")
    CALLER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TENANTS_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SPIFFE_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    REVOKED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_USED_AT_FIELD_NUMBER: _ClassVar[int]
    caller: str
    role: str
    tenants: _containers.RepeatedScalarFieldContainer[str]
    key_id: str
    spiffe_id: str
    created_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    revoked_at: _timestamp_pb2.Timestamp
    last_used_at: _timestamp_pb2.Timestamp
    def __init__(self, caller: _Optional[str] = ..., role: _Optional[str] = ..., tenants: _Optional[_Iterable[str]] = ..., key_id: _Optional[str] = ..., spiffe_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_used_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
