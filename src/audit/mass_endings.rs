//! Endings that the event of a mass revocation represents.

use std::time::Duration;

use crate::domain::{
    EndReason, Event, EventId, EventKind, EventSubject, SessionId, UnixMillis, event::RevocationScope,
};

/// Time after which a mass revocation has reached every bucket or is listed as unfinished. Until then sessions may be
/// ended in other ways, which take precedence.
pub(super) const SETTLING_TIME: Duration = Duration::from_secs(5);

/// The result of a step of [`super::EventLog::end_revoked`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MassEndings {
    /// The number of sessions that were ended.
    pub ended: u64,
    /// Set if there are more sessions to end now.
    pub has_more: bool,
    /// The time of the earliest mass revocation that has sessions left to end, now or later.
    pub unfinished: Option<UnixMillis>,
}

/// A mass revocation whose sessions are to be ended.
#[derive(Debug)]
pub(super) struct RevokedScope<'a> {
    pub event: &'a Event,
    /// `None`: everyone.
    pub tenant: Option<&'a str>,
}

impl<'a> RevokedScope<'a> {
    /// Returns the scope of a mass revocation, or `None` for any other event: the endings of a user's sessions are
    /// separate events.
    pub fn from_event(event: &'a Event) -> Option<Self> {
        match (event.kind, &event.subject) {
            (EventKind::RevokedAll, EventSubject::Scope(RevocationScope::Tenant(tenant))) => {
                Some(Self { event, tenant: Some(tenant.as_str()) })
            }
            (EventKind::RevokedAll, EventSubject::Scope(RevocationScope::Everyone)) => {
                Some(Self { event, tenant: None })
            }
            _ => None,
        }
    }
}

/// Returns the ID of the ending of a session by a mass revocation. It is the same however the ending is recorded.
/// Returns `None` if `session` is not an ID.
pub(super) fn ending_event_id(session: &str) -> Option<EventId> {
    let id: SessionId = session.parse().ok()?;
    Some(EventId::from_session(EventKind::Ended(EndReason::RevokedAll), id, 0))
}
