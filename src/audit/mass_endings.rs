//! Endings that the event of a mass revocation stands for.

use std::time::Duration;

use crate::domain::{
    EndReason, Event, EventId, EventKind, EventSubject, SessionId, UnixMillis, event::RevocationScope,
};

/// How long after its time a mass revocation has certainly reached every bucket, or is listed as unfinished: sessions may be
/// ended in other ways until then, which goes before.
pub(super) const SETTLING_TIME: Duration = Duration::from_secs(5);

/// What a step of [`super::EventLog::end_revoked`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MassEndings {
    /// Sessions that were ended.
    pub ended: u64,
    /// There are more to end now.
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
    /// `None` for any other event: the endings of a user's sessions are events of their own.
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

/// The id of the ending of a session, which has one however it is told of. `None`: `session` is not an id.
pub(super) fn ending_event_id(session: &str) -> Option<EventId> {
    let id: SessionId = session.parse().ok()?;
    Some(EventId::from_session(EventKind::Ended(EndReason::RevokedAll), id, 0))
}
