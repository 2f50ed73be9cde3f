import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeviceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEVICE_TYPE_UNSPECIFIED: _ClassVar[DeviceType]
    DEVICE_TYPE_MOBILE: _ClassVar[DeviceType]
    DEVICE_TYPE_TABLET: _ClassVar[DeviceType]
    DEVICE_TYPE_DESKTOP: _ClassVar[DeviceType]
    DEVICE_TYPE_OTHER: _ClassVar[DeviceType]

class EndReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    END_REASON_UNSPECIFIED: _ClassVar[EndReason]
    END_REASON_REVOKED: _ClassVar[EndReason]
    END_REASON_REVOKED_ALL: _ClassVar[EndReason]
    END_REASON_EVICTED: _ClassVar[EndReason]
    END_REASON_REPLACED: _ClassVar[EndReason]
    END_REASON_IDLE_TIMEOUT: _ClassVar[EndReason]
    END_REASON_EXPIRED: _ClassVar[EndReason]
    END_REASON_TOKEN_REUSED: _ClassVar[EndReason]
    END_REASON_HIJACK_SUSPECTED: _ClassVar[EndReason]
    END_REASON_SIGNED_OUT: _ClassVar[EndReason]

class RejectReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REJECT_REASON_UNSPECIFIED: _ClassVar[RejectReason]
    REJECT_REASON_MALFORMED: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN: _ClassVar[RejectReason]
    REJECT_REASON_REVOKED: _ClassVar[RejectReason]
    REJECT_REASON_REVOKED_ALL: _ClassVar[RejectReason]
    REJECT_REASON_EVICTED: _ClassVar[RejectReason]
    REJECT_REASON_REPLACED: _ClassVar[RejectReason]
    REJECT_REASON_IDLE_TIMEOUT: _ClassVar[RejectReason]
    REJECT_REASON_EXPIRED: _ClassVar[RejectReason]
    REJECT_REASON_TOKEN_REUSED: _ClassVar[RejectReason]
    REJECT_REASON_HIJACK_SUSPECTED: _ClassVar[RejectReason]
    REJECT_REASON_SIGNED_OUT: _ClassVar[RejectReason]
    REJECT_REASON_IP_MISMATCH: _ClassVar[RejectReason]
    REJECT_REASON_DEVICE_MISMATCH: _ClassVar[RejectReason]
    REJECT_REASON_STEP_UP_REQUIRED: _ClassVar[RejectReason]
    REJECT_REASON_ROTATION_REQUIRED: _ClassVar[RejectReason]
    REJECT_REASON_TOKEN_ROTATED: _ClassVar[RejectReason]
DEVICE_TYPE_UNSPECIFIED: DeviceType
DEVICE_TYPE_MOBILE: DeviceType
DEVICE_TYPE_TABLET: DeviceType
DEVICE_TYPE_DESKTOP: DeviceType
DEVICE_TYPE_OTHER: DeviceType
END_REASON_UNSPECIFIED: EndReason
END_REASON_REVOKED: EndReason
END_REASON_REVOKED_ALL: EndReason
END_REASON_EVICTED: EndReason
END_REASON_REPLACED: EndReason
END_REASON_IDLE_TIMEOUT: EndReason
END_REASON_EXPIRED: EndReason
END_REASON_TOKEN_REUSED: EndReason
END_REASON_HIJACK_SUSPECTED: EndReason
END_REASON_SIGNED_OUT: EndReason
REJECT_REASON_UNSPECIFIED: RejectReason
REJECT_REASON_MALFORMED: RejectReason
REJECT_REASON_UNKNOWN: RejectReason
REJECT_REASON_REVOKED: RejectReason
REJECT_REASON_REVOKED_ALL: RejectReason
REJECT_REASON_EVICTED: RejectReason
REJECT_REASON_REPLACED: RejectReason
REJECT_REASON_IDLE_TIMEOUT: RejectReason
REJECT_REASON_EXPIRED: RejectReason
REJECT_REASON_TOKEN_REUSED: RejectReason
REJECT_REASON_HIJACK_SUSPECTED: RejectReason
REJECT_REASON_SIGNED_OUT: RejectReason
REJECT_REASON_IP_MISMATCH: RejectReason
REJECT_REASON_DEVICE_MISMATCH: RejectReason
REJECT_REASON_STEP_UP_REQUIRED: RejectReason
REJECT_REASON_ROTATION_REQUIRED: RejectReason
REJECT_REASON_TOKEN_ROTATED: RejectReason

class Session(_message.Message):
    __slots__ = ("session_id", "tenant_id", "user_id", "email", "roles", "data", "device", "location", "created_at", "authenticated_at", "last_active_at", "idle_expires_at", "expires_at", "assurance_level", "revision", "auth_methods", "policy", "remembered", "current", "last_seen")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICATED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    IDLE_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ASSURANCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AUTH_METHODS_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REMEMBERED_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    tenant_id: str
    user_id: str
    email: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    data: _struct_pb2.Struct
    device: Device
    location: Location
    created_at: _timestamp_pb2.Timestamp
    authenticated_at: _timestamp_pb2.Timestamp
    last_active_at: _timestamp_pb2.Timestamp
    idle_expires_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    assurance_level: int
    revision: int
    auth_methods: _containers.RepeatedScalarFieldContainer[str]
    policy: str
    remembered: bool
    current: bool
    last_seen: LastSeenClient
    def __init__(self, session_id: _Optional[str] = ..., tenant_id: _Optional[str] = ..., user_id: _Optional[str] = ..., email: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., data: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., device: _Optional[_Union[Device, _Mapping]] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., authenticated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_active_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., idle_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., assurance_level: _Optional[int] = ..., revision: _Optional[int] = ..., auth_methods: _Optional[_Iterable[str]] = ..., policy: _Optional[str] = ..., remembered: bool = ..., current: bool = ..., last_seen: _Optional[_Union[LastSeenClient, _Mapping]] = ...) -> None: ...

class LastSeenClient(_message.Message):
    __slots__ = ("since", "location", "device")
    SINCE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    since: _timestamp_pb2.Timestamp
    location: Location
    device: Device
    def __init__(self, since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., device: _Optional[_Union[Device, _Mapping]] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("device_id", "name", "type", "browser", "os", "user_agent", "first_seen")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    BROWSER_FIELD_NUMBER: _ClassVar[int]
    OS_FIELD_NUMBER: _ClassVar[int]
    USER_AGENT_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEEN_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    name: str
    type: DeviceType
    browser: str
    os: str
    user_agent: str
    first_seen: bool
    def __init__(self, device_id: _Optional[str] = ..., name: _Optional[str] = ..., type: _Optional[_Union[DeviceType, str]] = ..., browser: _Optional[str] = ..., os: _Optional[str] = ..., user_agent: _Optional[str] = ..., first_seen: bool = ...) -> None: ...

class Location(_message.Message):
    __slots__ = ("ip", "country", "region", "city", "latitude", "longitude", "accuracy_radius_km", "asn", "network")
    IP_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_RADIUS_KM_FIELD_NUMBER: _ClassVar[int]
    ASN_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    ip: str
    country: str
    region: str
    city: str
    latitude: float
    longitude: float
    accuracy_radius_km: int
    asn: int
    network: str
    def __init__(self, ip: _Optional[str] = ..., country: _Optional[str] = ..., region: _Optional[str] = ..., city: _Optional[str] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., accuracy_radius_km: _Optional[int] = ..., asn: _Optional[int] = ..., network: _Optional[str] = ...) -> None: ...

class ClientContext(_message.Message):
    __slots__ = ("ip", "user_agent", "accept_language", "accept_encoding", "device_id", "country")
    IP_FIELD_NUMBER: _ClassVar[int]
    USER_AGENT_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_ENCODING_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    ip: str
    user_agent: str
    accept_language: str
    accept_encoding: str
    device_id: str
    country: str
    def __init__(self, ip: _Optional[str] = ..., user_agent: _Optional[str] = ..., accept_language: _Optional[str] = ..., accept_encoding: _Optional[str] = ..., device_id: _Optional[str] = ..., country: _Optional[str] = ...) -> None: ...

class EndedSession(_message.Message):
    __slots__ = ("session_id", "reason", "device_name")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    reason: EndReason
    device_name: str
    def __init__(self, session_id: _Optional[str] = ..., reason: _Optional[_Union[EndReason, str]] = ..., device_name: _Optional[str] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ("reason", "message", "ended_at", "actor", "session_id", "required_assurance_level", "required_max_auth_age", "stated_reason")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_ASSURANCE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_MAX_AUTH_AGE_FIELD_NUMBER: _ClassVar[int]
    STATED_REASON_FIELD_NUMBER: _ClassVar[int]
    reason: RejectReason
    message: str
    ended_at: _timestamp_pb2.Timestamp
    actor: str
    session_id: str
    required_assurance_level: int
    required_max_auth_age: _duration_pb2.Duration
    stated_reason: str
    def __init__(self, reason: _Optional[_Union[RejectReason, str]] = ..., message: _Optional[str] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., session_id: _Optional[str] = ..., required_assurance_level: _Optional[int] = ..., required_max_auth_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., stated_reason: _Optional[str] = ...) -> None: ...
