from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class AuthEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUTH_EVENT_KIND_UNSPECIFIED: _ClassVar[AuthEventKind]
    AUTH_EVENT_KIND_PASSWORD_FAILED: _ClassVar[AuthEventKind]
    AUTH_EVENT_KIND_MFA_FAILED: _ClassVar[AuthEventKind]
    AUTH_EVENT_KIND_MFA_DENIED: _ClassVar[AuthEventKind]
    AUTH_EVENT_KIND_MFA_EXPIRED: _ClassVar[AuthEventKind]
    AUTH_EVENT_KIND_UNKNOWN_USER: _ClassVar[AuthEventKind]
    AUTH_EVENT_KIND_LOCKED_OUT: _ClassVar[AuthEventKind]
AUTH_EVENT_KIND_UNSPECIFIED: AuthEventKind
AUTH_EVENT_KIND_PASSWORD_FAILED: AuthEventKind
AUTH_EVENT_KIND_MFA_FAILED: AuthEventKind
AUTH_EVENT_KIND_MFA_DENIED: AuthEventKind
AUTH_EVENT_KIND_MFA_EXPIRED: AuthEventKind
AUTH_EVENT_KIND_UNKNOWN_USER: AuthEventKind
AUTH_EVENT_KIND_LOCKED_OUT: AuthEventKind
