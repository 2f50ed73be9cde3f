//! Endings that the event of a mass revocation represents.

use std::time::Duration;

use crate::domain::{EndReason, EventId, EventKind, SessionId, UnixMillis};

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

/// Returns the ID of the ending of a session by a mass revocation. It is the same however the ending is recorded.
/// Returns `None` if `session` is not an ID.
pub(super) fn ending_event_id(session: &str) -> Option<EventId> {
    let id: SessionId = session.parse().ok()?;
    Some(EventId::from_session(EventKind::Ended(EndReason::RevokedAll), id, 0))
}
