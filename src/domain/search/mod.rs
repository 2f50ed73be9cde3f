//! What administrators look for in the audit database, and what they find.

mod events;
mod sessions;
pub mod stats;

use super::{id::TenantId, time::UnixMillis};

pub use events::{AuditEvent, AuditEventKind, EventPosition, EventSearch, RecordedEvents, RecordingPosition};
pub use sessions::{AuditedEnding, AuditedSession, SessionFilter, SessionPosition, SessionSearch, SessionState};
pub use stats::{SessionStats, StatsPoint, StatsQuery};

/// The tenants that are looked at; `None`: every one, and what concerns all of them.
pub type TenantFilter = Option<Vec<TenantId>>;

/// From `start`, included, to `end`, not included. `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    pub start: Option<UnixMillis>,
    pub end: Option<UnixMillis>,
}

impl TimeRange {
    #[must_use]
    pub fn contains(&self, at: UnixMillis) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at < end)
    }
}

/// A part of what matches, in the order in which it is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest<P> {
    /// How many, at most.
    pub size: u32,
    /// Behind what was listed up to here. `None`: from the beginning.
    pub after: Option<P>,
}
