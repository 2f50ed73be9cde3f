from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallerRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALLER_ROLE_UNSPECIFIED: _ClassVar[CallerRole]
    CALLER_ROLE_ISSUER: _ClassVar[CallerRole]
    CALLER_ROLE_VALIDATOR: _ClassVar[CallerRole]
    CALLER_ROLE_BACKEND: _ClassVar[CallerRole]
    CALLER_ROLE_ADMIN: _ClassVar[CallerRole]
    CALLER_ROLE_ALERTS: _ClassVar[CallerRole]

class WorkKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORK_KIND_UNSPECIFIED: _ClassVar[WorkKind]
    WORK_KIND_VALIDATIONS: _ClassVar[WorkKind]
    WORK_KIND_WRITES: _ClassVar[WorkKind]
    WORK_KIND_REVOCATIONS: _ClassVar[WorkKind]
    WORK_KIND_READS: _ClassVar[WorkKind]
    WORK_KIND_ADMIN: _ClassVar[WorkKind]
    WORK_KIND_STREAMS: _ClassVar[WorkKind]
    WORK_KIND_ALERTS: _ClassVar[WorkKind]

class DeadlineClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEADLINE_CLASS_UNSPECIFIED: _ClassVar[DeadlineClass]
    DEADLINE_CLASS_STANDARD: _ClassVar[DeadlineClass]
    DEADLINE_CLASS_AUDIT: _ClassVar[DeadlineClass]
CALLER_ROLE_UNSPECIFIED: CallerRole
CALLER_ROLE_ISSUER: CallerRole
CALLER_ROLE_VALIDATOR: CallerRole
CALLER_ROLE_BACKEND: CallerRole
CALLER_ROLE_ADMIN: CallerRole
CALLER_ROLE_ALERTS: CallerRole
WORK_KIND_UNSPECIFIED: WorkKind
WORK_KIND_VALIDATIONS: WorkKind
WORK_KIND_WRITES: WorkKind
WORK_KIND_REVOCATIONS: WorkKind
WORK_KIND_READS: WorkKind
WORK_KIND_ADMIN: WorkKind
WORK_KIND_STREAMS: WorkKind
WORK_KIND_ALERTS: WorkKind
DEADLINE_CLASS_UNSPECIFIED: DeadlineClass
DEADLINE_CLASS_STANDARD: DeadlineClass
DEADLINE_CLASS_AUDIT: DeadlineClass
REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
requirements: _descriptor.FieldDescriptor
REDACTED_FIELD_NUMBER: _ClassVar[int]
redacted: _descriptor.FieldDescriptor

class MethodRequirements(_message.Message):
    __slots__ = ("roles", "work", "stream", "deadline")
    ROLES_FIELD_NUMBER: _ClassVar[int]
    WORK_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedScalarFieldContainer[CallerRole]
    work: WorkKind
    stream: WorkKind
    deadline: DeadlineClass
    def __init__(self, roles: _Optional[_Iterable[_Union[CallerRole, str]]] = ..., work: _Optional[_Union[WorkKind, str]] = ..., stream: _Optional[_Union[WorkKind, str]] = ..., deadline: _Optional[_Union[DeadlineClass, str]] = ...) -> None: ...
