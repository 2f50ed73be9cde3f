import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import alert_pb2 as _alert_pb2
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

class AlertState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_STATE_UNSPECIFIED: _ClassVar[AlertState]
    ALERT_STATE_OPEN: _ClassVar[AlertState]
    ALERT_STATE_ANSWERED: _ClassVar[AlertState]

class NodeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_STATE_UNSPECIFIED: _ClassVar[NodeState]
    NODE_STATE_OK: _ClassVar[NodeState]
    NODE_STATE_DEGRADED: _ClassVar[NodeState]
    NODE_STATE_FAILED: _ClassVar[NodeState]
SESSION_STATE_UNSPECIFIED: SessionState
SESSION_STATE_LIVE: SessionState
SESSION_STATE_ENDED: SessionState
EVENT_ORDER_UNSPECIFIED: EventOrder
EVENT_ORDER_LATEST_FIRST: EventOrder
EVENT_ORDER_RECORDED: EventOrder
ALERT_STATE_UNSPECIFIED: AlertState
ALERT_STATE_OPEN: AlertState
ALERT_STATE_ANSWERED: AlertState
NODE_STATE_UNSPECIFIED: NodeState
NODE_STATE_OK: NodeState
NODE_STATE_DEGRADED: NodeState
NODE_STATE_FAILED: NodeState

class TimeWindow(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SessionFilter(_message.Message):
    __slots__ = ("tenant_id", "user_id", "device_id", "device_type", "country", "ip_range", "asn", "auth_method", "policy", "created", "last_active", "user_agent")
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
    USER_AGENT_FIELD_NUMBER: _ClassVar[int]
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
    user_agent: str
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., device_id: _Optional[str] = ..., device_type: _Optional[_Union[_session_pb2.DeviceType, str]] = ..., country: _Optional[str] = ..., ip_range: _Optional[str] = ..., asn: _Optional[int] = ..., auth_method: _Optional[str] = ..., policy: _Optional[str] = ..., created: _Optional[_Union[TimeWindow, _Mapping]] = ..., last_active: _Optional[_Union[TimeWindow, _Mapping]] = ..., user_agent: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("active_sessions", "active_users", "logins", "endings", "failed_logins", "series", "logins_by_country", "logins_by_device_type", "logins_by_browser", "session_durations", "endings_by_reason", "failed_logins_by_kind", "complete_until", "refused_call_events", "token_denials", "alerts", "alerts_by_severity", "alerts_by_rule")
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
    REFUSED_CALL_EVENTS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_DENIALS_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    ALERTS_BY_SEVERITY_FIELD_NUMBER: _ClassVar[int]
    ALERTS_BY_RULE_FIELD_NUMBER: _ClassVar[int]
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
    refused_call_events: int
    token_denials: int
    alerts: int
    alerts_by_severity: _containers.RepeatedCompositeFieldContainer[SeverityCount]
    alerts_by_rule: _containers.RepeatedCompositeFieldContainer[RuleCount]
    def __init__(self, active_sessions: _Optional[int] = ..., active_users: _Optional[int] = ..., logins: _Optional[int] = ..., endings: _Optional[int] = ..., failed_logins: _Optional[int] = ..., series: _Optional[_Iterable[_Union[StatsPoint, _Mapping]]] = ..., logins_by_country: _Optional[_Iterable[_Union[StatsCount, _Mapping]]] = ..., logins_by_device_type: _Optional[_Iterable[_Union[DeviceTypeCount, _Mapping]]] = ..., logins_by_browser: _Optional[_Iterable[_Union[StatsCount, _Mapping]]] = ..., session_durations: _Optional[_Iterable[_Union[DurationQuantile, _Mapping]]] = ..., endings_by_reason: _Optional[_Iterable[_Union[EndReasonCount, _Mapping]]] = ..., failed_logins_by_kind: _Optional[_Iterable[_Union[AuthEventCount, _Mapping]]] = ..., complete_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refused_call_events: _Optional[int] = ..., token_denials: _Optional[int] = ..., alerts: _Optional[int] = ..., alerts_by_severity: _Optional[_Iterable[_Union[SeverityCount, _Mapping]]] = ..., alerts_by_rule: _Optional[_Iterable[_Union[RuleCount, _Mapping]]] = ...) -> None: ...

class StatsPoint(_message.Message):
    __slots__ = ("start", "active_sessions", "logins", "endings", "failed_logins", "alerts", "severe_alerts")
    START_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    ENDINGS_FIELD_NUMBER: _ClassVar[int]
    FAILED_LOGINS_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    SEVERE_ALERTS_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    active_sessions: int
    logins: int
    endings: int
    failed_logins: int
    alerts: int
    severe_alerts: int
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., active_sessions: _Optional[int] = ..., logins: _Optional[int] = ..., endings: _Optional[int] = ..., failed_logins: _Optional[int] = ..., alerts: _Optional[int] = ..., severe_alerts: _Optional[int] = ...) -> None: ...

class SeverityCount(_message.Message):
    __slots__ = ("severity", "count")
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    severity: _alert_pb2.Severity
    count: int
    def __init__(self, severity: _Optional[_Union[_alert_pb2.Severity, str]] = ..., count: _Optional[int] = ...) -> None: ...

class RuleCount(_message.Message):
    __slots__ = ("rule", "count")
    RULE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    rule: str
    count: int
    def __init__(self, rule: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

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

class ListAlertsRequest(_message.Message):
    __slots__ = ("tenant_id", "user_id", "rules", "min_severity", "occurred", "state", "page_size", "page_token")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    MIN_SEVERITY_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    user_id: str
    rules: _containers.RepeatedScalarFieldContainer[str]
    min_severity: _alert_pb2.Severity
    occurred: TimeWindow
    state: AlertState
    page_size: int
    page_token: str
    def __init__(self, tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., rules: _Optional[_Iterable[str]] = ..., min_severity: _Optional[_Union[_alert_pb2.Severity, str]] = ..., occurred: _Optional[_Union[TimeWindow, _Mapping]] = ..., state: _Optional[_Union[AlertState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[AlertEntry]
    next_page_token: str
    def __init__(self, alerts: _Optional[_Iterable[_Union[AlertEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AlertEntry(_message.Message):
    __slots__ = ("alert", "state", "acknowledgement")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    alert: _alert_pb2.Alert
    state: AlertState
    acknowledgement: _alert_pb2.AlertAcknowledgement
    def __init__(self, alert: _Optional[_Union[_alert_pb2.Alert, _Mapping]] = ..., state: _Optional[_Union[AlertState, str]] = ..., acknowledgement: _Optional[_Union[_alert_pb2.AlertAcknowledgement, _Mapping]] = ...) -> None: ...

class ListTenantsRequest(_message.Message):
    __slots__ = ("since", "page_size", "page_token")
    SINCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    since: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTenantsResponse(_message.Message):
    __slots__ = ("tenants", "next_page_token", "complete_until")
    TENANTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    tenants: _containers.RepeatedCompositeFieldContainer[TenantEntry]
    next_page_token: str
    complete_until: _timestamp_pb2.Timestamp
    def __init__(self, tenants: _Optional[_Iterable[_Union[TenantEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., complete_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TenantEntry(_message.Message):
    __slots__ = ("tenant_id", "active_sessions", "logins", "alerts")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    active_sessions: int
    logins: int
    alerts: int
    def __init__(self, tenant_id: _Optional[str] = ..., active_sessions: _Optional[int] = ..., logins: _Optional[int] = ..., alerts: _Optional[int] = ...) -> None: ...

class ListNodesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListNodesResponse(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeEntry]
    def __init__(self, nodes: _Optional[_Iterable[_Union[NodeEntry, _Mapping]]] = ...) -> None: ...

class NodeEntry(_message.Message):
    __slots__ = ("node_id", "is_responder", "release", "started_at", "state", "failed_checks", "degraded_checks", "clock_skew", "lease_age", "buckets", "pending_events", "oldest_event", "pending_alerts")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    IS_RESPONDER_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FAILED_CHECKS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_CHECKS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_SKEW_FIELD_NUMBER: _ClassVar[int]
    LEASE_AGE_FIELD_NUMBER: _ClassVar[int]
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    PENDING_EVENTS_FIELD_NUMBER: _ClassVar[int]
    OLDEST_EVENT_FIELD_NUMBER: _ClassVar[int]
    PENDING_ALERTS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    is_responder: bool
    release: str
    started_at: _timestamp_pb2.Timestamp
    state: NodeState
    failed_checks: _containers.RepeatedScalarFieldContainer[str]
    degraded_checks: _containers.RepeatedScalarFieldContainer[str]
    clock_skew: _duration_pb2.Duration
    lease_age: _duration_pb2.Duration
    buckets: int
    pending_events: int
    oldest_event: _timestamp_pb2.Timestamp
    pending_alerts: int
    def __init__(self, node_id: _Optional[str] = ..., is_responder: bool = ..., release: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[NodeState, str]] = ..., failed_checks: _Optional[_Iterable[str]] = ..., degraded_checks: _Optional[_Iterable[str]] = ..., clock_skew: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., lease_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., buckets: _Optional[int] = ..., pending_events: _Optional[int] = ..., oldest_event: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pending_alerts: _Optional[int] = ...) -> None: ...
