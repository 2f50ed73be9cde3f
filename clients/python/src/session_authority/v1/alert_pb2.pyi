import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from session_authority.v1 import options_pb2 as _options_pb2
from session_authority.v1 import session_pb2 as _session_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AlertVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_VERDICT_UNSPECIFIED: _ClassVar[AlertVerdict]
    ALERT_VERDICT_WAS_ME: _ClassVar[AlertVerdict]
    ALERT_VERDICT_WAS_NOT_ME: _ClassVar[AlertVerdict]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_INFO: _ClassVar[Severity]
    SEVERITY_LOW: _ClassVar[Severity]
    SEVERITY_MEDIUM: _ClassVar[Severity]
    SEVERITY_HIGH: _ClassVar[Severity]
    SEVERITY_CRITICAL: _ClassVar[Severity]

class AlertAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_ACTION_UNSPECIFIED: _ClassVar[AlertAction]
    ALERT_ACTION_NONE: _ClassVar[AlertAction]
    ALERT_ACTION_NOTIFY: _ClassVar[AlertAction]
    ALERT_ACTION_THROTTLE: _ClassVar[AlertAction]
    ALERT_ACTION_STEP_UP: _ClassVar[AlertAction]
    ALERT_ACTION_DENY: _ClassVar[AlertAction]
    ALERT_ACTION_REVOKE_SESSION: _ClassVar[AlertAction]
    ALERT_ACTION_REVOKE_USER: _ClassVar[AlertAction]

class NoveltyKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOVELTY_KIND_UNSPECIFIED: _ClassVar[NoveltyKind]
    NOVELTY_KIND_COUNTRY: _ClassVar[NoveltyKind]
    NOVELTY_KIND_DEVICE: _ClassVar[NoveltyKind]
    NOVELTY_KIND_NETWORK: _ClassVar[NoveltyKind]
    NOVELTY_KIND_HOUR: _ClassVar[NoveltyKind]
    NOVELTY_KIND_ACCOUNT_USE: _ClassVar[NoveltyKind]
ALERT_VERDICT_UNSPECIFIED: AlertVerdict
ALERT_VERDICT_WAS_ME: AlertVerdict
ALERT_VERDICT_WAS_NOT_ME: AlertVerdict
SEVERITY_UNSPECIFIED: Severity
SEVERITY_INFO: Severity
SEVERITY_LOW: Severity
SEVERITY_MEDIUM: Severity
SEVERITY_HIGH: Severity
SEVERITY_CRITICAL: Severity
ALERT_ACTION_UNSPECIFIED: AlertAction
ALERT_ACTION_NONE: AlertAction
ALERT_ACTION_NOTIFY: AlertAction
ALERT_ACTION_THROTTLE: AlertAction
ALERT_ACTION_STEP_UP: AlertAction
ALERT_ACTION_DENY: AlertAction
ALERT_ACTION_REVOKE_SESSION: AlertAction
ALERT_ACTION_REVOKE_USER: AlertAction
NOVELTY_KIND_UNSPECIFIED: NoveltyKind
NOVELTY_KIND_COUNTRY: NoveltyKind
NOVELTY_KIND_DEVICE: NoveltyKind
NOVELTY_KIND_NETWORK: NoveltyKind
NOVELTY_KIND_HOUR: NoveltyKind
NOVELTY_KIND_ACCOUNT_USE: NoveltyKind

class Alert(_message.Message):
    __slots__ = ("alert_id", "cursor", "tenant_id", "rule", "rule_version", "severity", "event_time", "detected_time", "user_id", "session_id", "device_id", "current", "previous", "action_taken", "action_recommended", "travel", "novelty", "volume", "replay", "audit_only", "reason_admin", "reason_user", "mitre_techniques", "dedup_key", "dedup_count", "audit_event_id", "group_id", "group_position", "group_size", "email", "acknowledgement")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    DETECTED_TIME_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    ACTION_TAKEN_FIELD_NUMBER: _ClassVar[int]
    ACTION_RECOMMENDED_FIELD_NUMBER: _ClassVar[int]
    TRAVEL_FIELD_NUMBER: _ClassVar[int]
    NOVELTY_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    AUDIT_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_ADMIN_FIELD_NUMBER: _ClassVar[int]
    REASON_USER_FIELD_NUMBER: _ClassVar[int]
    MITRE_TECHNIQUES_FIELD_NUMBER: _ClassVar[int]
    DEDUP_KEY_FIELD_NUMBER: _ClassVar[int]
    DEDUP_COUNT_FIELD_NUMBER: _ClassVar[int]
    AUDIT_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_POSITION_FIELD_NUMBER: _ClassVar[int]
    GROUP_SIZE_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    cursor: str
    tenant_id: str
    rule: str
    rule_version: int
    severity: Severity
    event_time: _timestamp_pb2.Timestamp
    detected_time: _timestamp_pb2.Timestamp
    user_id: str
    session_id: str
    device_id: str
    current: Observation
    previous: Observation
    action_taken: AlertAction
    action_recommended: AlertAction
    travel: TravelDetail
    novelty: NoveltyDetail
    volume: VolumeDetail
    replay: ReplayDetail
    audit_only: bool
    reason_admin: str
    reason_user: str
    mitre_techniques: _containers.RepeatedScalarFieldContainer[str]
    dedup_key: str
    dedup_count: int
    audit_event_id: str
    group_id: str
    group_position: int
    group_size: int
    email: str
    acknowledgement: AlertAcknowledgement
    def __init__(self, alert_id: _Optional[str] = ..., cursor: _Optional[str] = ..., tenant_id: _Optional[str] = ..., rule: _Optional[str] = ..., rule_version: _Optional[int] = ..., severity: _Optional[_Union[Severity, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., detected_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., device_id: _Optional[str] = ..., current: _Optional[_Union[Observation, _Mapping]] = ..., previous: _Optional[_Union[Observation, _Mapping]] = ..., action_taken: _Optional[_Union[AlertAction, str]] = ..., action_recommended: _Optional[_Union[AlertAction, str]] = ..., travel: _Optional[_Union[TravelDetail, _Mapping]] = ..., novelty: _Optional[_Union[NoveltyDetail, _Mapping]] = ..., volume: _Optional[_Union[VolumeDetail, _Mapping]] = ..., replay: _Optional[_Union[ReplayDetail, _Mapping]] = ..., audit_only: bool = ..., reason_admin: _Optional[str] = ..., reason_user: _Optional[str] = ..., mitre_techniques: _Optional[_Iterable[str]] = ..., dedup_key: _Optional[str] = ..., dedup_count: _Optional[int] = ..., audit_event_id: _Optional[str] = ..., group_id: _Optional[str] = ..., group_position: _Optional[int] = ..., group_size: _Optional[int] = ..., email: _Optional[str] = ..., acknowledgement: _Optional[_Union[AlertAcknowledgement, _Mapping]] = ...) -> None: ...

class AlertAcknowledgement(_message.Message):
    __slots__ = ("alert_id", "verdict", "acknowledged_at", "actor")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_AT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    verdict: AlertVerdict
    acknowledged_at: _timestamp_pb2.Timestamp
    actor: str
    def __init__(self, alert_id: _Optional[str] = ..., verdict: _Optional[_Union[AlertVerdict, str]] = ..., acknowledged_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ...) -> None: ...

class Observation(_message.Message):
    __slots__ = ("ip", "network", "asn", "country", "city", "latitude", "longitude", "accuracy_radius_km", "device", "observed_at")
    IP_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    ASN_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_RADIUS_KM_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    ip: str
    network: str
    asn: int
    country: str
    city: str
    latitude: float
    longitude: float
    accuracy_radius_km: int
    device: _session_pb2.Device
    observed_at: _timestamp_pb2.Timestamp
    def __init__(self, ip: _Optional[str] = ..., network: _Optional[str] = ..., asn: _Optional[int] = ..., country: _Optional[str] = ..., city: _Optional[str] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., accuracy_radius_km: _Optional[int] = ..., device: _Optional[_Union[_session_pb2.Device, _Mapping]] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TravelDetail(_message.Message):
    __slots__ = ("distance_km", "effective_distance_km", "elapsed", "speed_kmh", "max_speed_kmh", "min_distance_km")
    DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    SPEED_KMH_FIELD_NUMBER: _ClassVar[int]
    MAX_SPEED_KMH_FIELD_NUMBER: _ClassVar[int]
    MIN_DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    distance_km: float
    effective_distance_km: float
    elapsed: _duration_pb2.Duration
    speed_kmh: float
    max_speed_kmh: float
    min_distance_km: float
    def __init__(self, distance_km: _Optional[float] = ..., effective_distance_km: _Optional[float] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., speed_kmh: _Optional[float] = ..., max_speed_kmh: _Optional[float] = ..., min_distance_km: _Optional[float] = ...) -> None: ...

class NoveltyDetail(_message.Message):
    __slots__ = ("kind", "value", "known_values", "known_logins", "previous_login_at")
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    KNOWN_VALUES_FIELD_NUMBER: _ClassVar[int]
    KNOWN_LOGINS_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_LOGIN_AT_FIELD_NUMBER: _ClassVar[int]
    kind: NoveltyKind
    value: str
    known_values: _containers.RepeatedScalarFieldContainer[str]
    known_logins: int
    previous_login_at: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[_Union[NoveltyKind, str]] = ..., value: _Optional[str] = ..., known_values: _Optional[_Iterable[str]] = ..., known_logins: _Optional[int] = ..., previous_login_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VolumeDetail(_message.Message):
    __slots__ = ("count", "threshold", "window", "distinct_users", "distinct_networks", "distinct_devices")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_USERS_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_NETWORKS_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_DEVICES_FIELD_NUMBER: _ClassVar[int]
    count: int
    threshold: int
    window: _duration_pb2.Duration
    distinct_users: int
    distinct_networks: int
    distinct_devices: int
    def __init__(self, count: _Optional[int] = ..., threshold: _Optional[int] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., distinct_users: _Optional[int] = ..., distinct_networks: _Optional[int] = ..., distinct_devices: _Optional[int] = ...) -> None: ...

class ReplayDetail(_message.Message):
    __slots__ = ("reason", "invalid_since", "presented_at", "presented_count")
    REASON_FIELD_NUMBER: _ClassVar[int]
    INVALID_SINCE_FIELD_NUMBER: _ClassVar[int]
    PRESENTED_AT_FIELD_NUMBER: _ClassVar[int]
    PRESENTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: _session_pb2.EndReason
    invalid_since: _timestamp_pb2.Timestamp
    presented_at: _timestamp_pb2.Timestamp
    presented_count: int
    def __init__(self, reason: _Optional[_Union[_session_pb2.EndReason, str]] = ..., invalid_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., presented_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., presented_count: _Optional[int] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("cursor", "at")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, cursor: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("from_cursor", "to_cursor", "reason")
    FROM_CURSOR_FIELD_NUMBER: _ClassVar[int]
    TO_CURSOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    from_cursor: str
    to_cursor: str
    reason: str
    def __init__(self, from_cursor: _Optional[str] = ..., to_cursor: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
