import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import options_pb2 as _options_pb2
from session_authority.v1 import session_service_pb2 as _session_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DenyRequest(_message.Message):
    __slots__ = ("tenant_id", "tokens", "reason", "actor", "record_jtis")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    RECORD_JTIS_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    tokens: _containers.RepeatedCompositeFieldContainer[DeniedToken]
    reason: str
    actor: str
    record_jtis: bool
    def __init__(self, tenant_id: _Optional[str] = ..., tokens: _Optional[_Iterable[_Union[DeniedToken, _Mapping]]] = ..., reason: _Optional[str] = ..., actor: _Optional[str] = ..., record_jtis: bool = ...) -> None: ...

class DeniedToken(_message.Message):
    __slots__ = ("jti", "expires_at")
    JTI_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    jti: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, jti: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DenyResponse(_message.Message):
    __slots__ = ("denied_count", "already_denied_count", "expired_count")
    DENIED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_DENIED_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_COUNT_FIELD_NUMBER: _ClassVar[int]
    denied_count: int
    already_denied_count: int
    expired_count: int
    def __init__(self, denied_count: _Optional[int] = ..., already_denied_count: _Optional[int] = ..., expired_count: _Optional[int] = ...) -> None: ...

class CheckRequest(_message.Message):
    __slots__ = ("tenant_id", "jtis", "consistency")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    JTIS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    jtis: _containers.RepeatedScalarFieldContainer[str]
    consistency: _session_service_pb2.Consistency
    def __init__(self, tenant_id: _Optional[str] = ..., jtis: _Optional[_Iterable[str]] = ..., consistency: _Optional[_Union[_session_service_pb2.Consistency, str]] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("verdicts", "as_of", "source")
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[DenylistVerdict]
    as_of: _timestamp_pb2.Timestamp
    source: _session_service_pb2.Source
    def __init__(self, verdicts: _Optional[_Iterable[_Union[DenylistVerdict, _Mapping]]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[_Union[_session_service_pb2.Source, str]] = ...) -> None: ...

class DenylistVerdict(_message.Message):
    __slots__ = ("jti", "denied", "expires_at")
    JTI_FIELD_NUMBER: _ClassVar[int]
    DENIED_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    jti: str
    denied: bool
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, jti: _Optional[str] = ..., denied: bool = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
