import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import alert_pb2 as _alert_pb2
from session_authority.v1 import auth_event_pb2 as _auth_event_pb2
from session_authority.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_EVENT_KIND_UNSPECIFIED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_SESSION_CREATED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_SESSION_UPDATED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_SESSION_ROTATED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_SESSION_ENDED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_REVOKED_ALL: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_AUTH_FAILED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_TOKENS_DENIED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_CALL_REFUSED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_USER_FORGOTTEN: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_ALERT_ACKNOWLEDGED: _ClassVar[AuditEventKind]
    AUDIT_EVENT_KIND_WEBHOOK_CHANGED: _ClassVar[AuditEventKind]
AUDIT_EVENT_KIND_UNSPECIFIED: AuditEventKind
AUDIT_EVENT_KIND_SESSION_CREATED: AuditEventKind
AUDIT_EVENT_KIND_SESSION_UPDATED: AuditEventKind
AUDIT_EVENT_KIND_SESSION_ROTATED: AuditEventKind
AUDIT_EVENT_KIND_SESSION_ENDED: AuditEventKind
AUDIT_EVENT_KIND_REVOKED_ALL: AuditEventKind
AUDIT_EVENT_KIND_AUTH_FAILED: AuditEventKind
AUDIT_EVENT_KIND_TOKENS_DENIED: AuditEventKind
AUDIT_EVENT_KIND_CALL_REFUSED: AuditEventKind
AUDIT_EVENT_KIND_USER_FORGOTTEN: AuditEventKind
AUDIT_EVENT_KIND_ALERT_ACKNOWLEDGED: AuditEventKind
AUDIT_EVENT_KIND_WEBHOOK_CHANGED: AuditEventKind

class AuditEvent(_message.Message):
    __slots__ = ("event_id", "kind", "tenant_id", "user_id", "session_id", "occurred_at", "recorded_at", "end_reason", "auth_event_kind", "reason", "actor", "caller", "request_id", "device", "location", "policy", "auth_methods", "assurance_level", "revision", "changed_fields", "operation_id", "denied_tokens", "alert_id", "alert_verdict", "webhook", "webhook_action")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    AUTH_EVENT_KIND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    AUTH_METHODS_FIELD_NUMBER: _ClassVar[int]
    ASSURANCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    DENIED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_VERDICT_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_ACTION_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    kind: AuditEventKind
    tenant_id: str
    user_id: str
    session_id: str
    occurred_at: _timestamp_pb2.Timestamp
    recorded_at: _timestamp_pb2.Timestamp
    end_reason: _session_pb2.EndReason
    auth_event_kind: _auth_event_pb2.AuthEventKind
    reason: str
    actor: str
    caller: str
    request_id: str
    device: _session_pb2.Device
    location: _session_pb2.Location
    policy: str
    auth_methods: _containers.RepeatedScalarFieldContainer[str]
    assurance_level: int
    revision: int
    changed_fields: _containers.RepeatedScalarFieldContainer[str]
    operation_id: str
    denied_tokens: _containers.RepeatedScalarFieldContainer[str]
    alert_id: str
    alert_verdict: _alert_pb2.AlertVerdict
    webhook: str
    webhook_action: str
    def __init__(self, event_id: _Optional[str] = ..., kind: _Optional[_Union[AuditEventKind, str]] = ..., tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_reason: _Optional[_Union[_session_pb2.EndReason, str]] = ..., auth_event_kind: _Optional[_Union[_auth_event_pb2.AuthEventKind, str]] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ..., caller: _Optional[str] = ..., request_id: _Optional[str] = ..., device: _Optional[_Union[_session_pb2.Device, _Mapping]] = ..., location: _Optional[_Union[_session_pb2.Location, _Mapping]] = ..., policy: _Optional[str] = ..., auth_methods: _Optional[_Iterable[str]] = ..., assurance_level: _Optional[int] = ..., revision: _Optional[int] = ..., changed_fields: _Optional[_Iterable[str]] = ..., operation_id: _Optional[str] = ..., denied_tokens: _Optional[_Iterable[str]] = ..., alert_id: _Optional[str] = ..., alert_verdict: _Optional[_Union[_alert_pb2.AlertVerdict, str]] = ..., webhook: _Optional[str] = ..., webhook_action: _Optional[str] = ...) -> None: ...
