use super::{TenantFilter, TimeRange};
use crate::domain::{
    alert::AcknowledgedAlert,
    auth_event::AuthEventKind,
    cause::Cause,
    device::Device,
    ending::EndReason,
    event::EventId,
    id::{SessionId, TenantId, UserId},
    ip_range::IpRange,
    location::Location,
    time::UnixMillis,
    webhook::WebhookChange,
};

/// The kind of an event in the audit database.
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
    AlertAcknowledged,
    WebhookChanged,
}

impl AuditEventKind {
    pub const ALL: [Self; 11] = [
        Self::Created,
        Self::Updated,
        Self::Rotated,
        Self::Ended,
        Self::RevokedAll,
        Self::AuthFailed,
        Self::TokensDenied,
        Self::CallRefused,
        Self::UserForgotten,
        Self::AlertAcknowledged,
        Self::WebhookChanged,
    ];

    /// Returns the name used in the audit.
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
            Self::AlertAcknowledged => "alert_acknowledged",
            Self::WebhookChanged => "webhook_changed",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A filter of events. An event matches if every given criterion holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSearch {
    pub tenants: TenantFilter,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// The kinds that match; empty for any kind.
    pub kinds: Vec<AuditEventKind>,
    pub end_reason: Option<EndReason>,
    pub actor: Option<String>,
    pub country: Option<String>,
    pub ip: Option<IpRange>,
    pub occurred: TimeRange,
}

/// The position of an event in a list, latest first. Events of the same time are listed by ID, greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPosition {
    pub at: UnixMillis,
    pub id: EventId,
}

/// The position of an event in recording order. Zero is before every event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordingPosition(pub u64);

/// The part of the recording order that a query reads. `None` stands for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingRange {
    /// The time at which the first event was recorded.
    pub since: Option<UnixMillis>,
    /// The position of the last event.
    pub up_to: Option<RecordingPosition>,
}

/// A page of events in recording order, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedEvents {
    pub events: Vec<AuditEvent>,
    /// The position to continue from. Events that are recorded later, or were not read yet, come after it.
    pub resume: RecordingPosition,
    /// True if more events of the range are already recorded.
    pub has_more: bool,
}

/// An event, as the audit database has it.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    pub id: EventId,
    pub kind: AuditEventKind,
    pub at: UnixMillis,
    pub recorded_at: UnixMillis,
    /// `None` if the event concerns every tenant.
    pub tenant: Option<TenantId>,
    /// `None` if the event is not about one user, or the user was erased.
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// Present for the end of a session.
    pub end_reason: Option<EndReason>,
    /// Present for a failed authentication.
    pub auth_event_kind: Option<AuthEventKind>,
    /// The device, without its user agent. `first_seen` is known as long as the audit keeps the session.
    pub device: Device,
    /// The location, without its position.
    pub location: Location,
    pub policy: String,
    pub auth_methods: Vec<String>,
    pub assurance_level: u32,
    /// 0 if the event is not about one session.
    pub revision: u32,
    /// The JWTs that were denied, in the form of [`AuditedJwt`](crate::domain::AuditedJwt)'s text.
    pub denied_jwts: Vec<String>,
    /// Present for the answer to an alert.
    pub acknowledged: Option<AcknowledgedAlert>,
    /// Present for a change of a webhook.
    pub webhook: Option<WebhookChange>,
    pub cause: Cause,
}

impl AuditEvent {
    #[must_use]
    pub const fn position(&self) -> EventPosition {
        EventPosition { at: self.at, id: self.id }
    }
}
