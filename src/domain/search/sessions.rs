use std::time::Duration;

use super::{TenantFilter, TimeRange};
use crate::domain::{
    device::{Device, DeviceType},
    ending::EndReason,
    id::{Owner, SessionId, UserId},
    ip_range::IpRange,
    last_seen::LastSeenClient,
    location::Location,
    time::UnixMillis,
};

/// A filter of sessions. A session matches if every given criterion holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    pub tenants: TenantFilter,
    pub user: Option<UserId>,
    pub device_id: Option<String>,
    pub device_type: Option<DeviceType>,
    pub country: Option<String>,
    pub ip: Option<IpRange>,
    pub asn: Option<u32>,
    /// A method among those of the session.
    pub auth_method: Option<String>,
    /// A part of the user agent, whose ASCII letters are in upper or lower case.
    pub user_agent: Option<String>,
    pub policy: Option<String>,
    pub created: TimeRange,
    pub last_active: TimeRange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    Live,
    Ended,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionSearch {
    pub filter: SessionFilter,
    /// `None` for either state.
    pub state: Option<SessionState>,
    /// The reason for which the session ended.
    pub end_reason: Option<EndReason>,
}

/// The position of a session in a list, latest start first. Sessions with the same start are listed by ID, greatest
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPosition {
    pub created_at: UnixMillis,
    pub id: SessionId,
}

/// A session, as the audit database has it.
#[derive(Clone, PartialEq)]
pub struct AuditedSession {
    pub id: SessionId,
    pub owner: Owner,
    pub revision: u32,
    pub email: String,
    pub roles: Vec<String>,
    pub policy: String,
    pub remembered: bool,
    pub created_at: UnixMillis,
    pub authenticated_at: UnixMillis,
    pub auth_methods: Vec<String>,
    pub assurance_level: u32,
    pub last_active: UnixMillis,
    /// Zero if the session has no idle timeout.
    pub idle_timeout: Duration,
    pub expires_at: UnixMillis,
    pub device: Device,
    pub location: Location,
    /// The client that was seen last, if it is not the one that signed in.
    pub last_seen: Option<Box<LastSeenClient>>,
    /// `None` if the session is active.
    pub end: Option<AuditedEnding>,
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedEnding {
    pub at: UnixMillis,
    pub reason: EndReason,
    /// The `reason` of the call that ended the session, followed by its `actor`. Both are empty if not stated.
    pub stated_reason: String,
    pub actor: String,
}

impl AuditedSession {
    #[must_use]
    pub const fn position(&self) -> SessionPosition {
        SessionPosition { created_at: self.created_at, id: self.id }
    }
}

/// Leaves the e-mail address out of logs.
impl std::fmt::Debug for AuditedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditedSession").field("id", &self.id).field("end", &self.end).finish_non_exhaustive()
    }
}
