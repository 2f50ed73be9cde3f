use super::{TenantFilter, TimeRange};
use crate::domain::{
    auth_event::AuthEventKind,
    cause::Cause,
    device::Device,
    ending::EndReason,
    event::EventId,
    id::{SessionId, TenantId, UserId},
    ip_range::IpRange,
    location::Location,
    time::UnixMillis,
};

/// What the audit log has kinds of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditEventKind {
    Created,
    Updated,
    Rotated,
    Ended,
    RevokedAll,
    AuthFailed,
    TokensDenied,
    CallRefused,
    UserForgotten,
}

impl AuditEventKind {
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Updated,
        Self::Rotated,
        Self::Ended,
        Self::RevokedAll,
        Self::AuthFailed,
        Self::TokensDenied,
        Self::CallRefused,
        Self::UserForgotten,
    ];

    /// The name used in the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Rotated => "rotated",
            Self::Ended => "ended",
            Self::RevokedAll => "revoked_all",
            Self::AuthFailed => "auth_failed",
            Self::TokensDenied => "tokens_denied",
            Self::CallRefused => "call_refused",
            Self::UserForgotten => "user_forgotten",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which events are meant: those for which everything that is given holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSearch {
    pub tenants: TenantFilter,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// One of these; empty: any.
    pub kinds: Vec<AuditEventKind>,
    pub end_reason: Option<EndReason>,
    pub actor: Option<String>,
    pub country: Option<String>,
    pub ip: Option<IpRange>,
    pub occurred: TimeRange,
}

/// Where an event lies in a list, latest first, and of those at one time the greatest id first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPosition {
    pub at: UnixMillis,
    pub id: EventId,
}

/// Where an event lies in the order in which events were recorded. Zero is before all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordingPosition(pub u64);

/// A part of the events in the order in which they were recorded, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedEvents {
    pub events: Vec<AuditEvent>,
    /// What is recorded later, or was not read yet, comes after this.
    pub resume: RecordingPosition,
    /// More is recorded already.
    pub has_more: bool,
}

/// One thing that happened, as the audit log has it.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    pub id: EventId,
    pub kind: AuditEventKind,
    pub at: UnixMillis,
    pub recorded_at: UnixMillis,
    /// `None`: every tenant.
    pub tenant: Option<TenantId>,
    /// `None`: not about one user, or the user was forgotten.
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// Of an ending.
    pub end_reason: Option<EndReason>,
    /// Of a failed authentication.
    pub auth_event_kind: Option<AuthEventKind>,
    /// The user agent is not kept here. Whether it was seen first is known as long as the session is kept.
    pub device: Device,
    /// Without the position.
    pub location: Location,
    pub policy: String,
    pub auth_methods: Vec<String>,
    pub assurance_level: u32,
    /// 0: not about one session.
    pub revision: u32,
    pub cause: Cause,
}

impl AuditEvent {
    #[must_use]
    pub const fn position(&self) -> EventPosition {
        EventPosition { at: self.at, id: self.id }
    }
}
