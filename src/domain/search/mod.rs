//! Queries of the audit database, and their results.

mod alerts;
mod events;
mod sessions;
pub mod stats;
mod tenants;

use super::{id::TenantId, time::UnixMillis};

pub use alerts::{AlertListPosition, AlertSearch, AlertState, GivenAnswer, ListedAlert};
pub use events::{
    AuditEvent, AuditEventKind, EventPosition, EventSearch, RecordedEvents, RecordingPosition, RecordingRange,
};
pub use sessions::{AuditedEnding, AuditedSession, SessionFilter, SessionPosition, SessionSearch, SessionState};
pub use stats::{SessionStats, StatsPoint, StatsQuery};
pub use tenants::{TenantSearch, TenantSummary};

/// The tenants to search. `None` stands for every tenant, and includes entries that concern all of them.
pub type TenantFilter = Option<Vec<TenantId>>;

/// A time range from `start`, included, to `end`, not included. `None` stands for no limit.
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

/// A request for a page of the matches, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest<P> {
    /// The maximum number of entries.
    pub size: u32,
    /// The position after which the page begins; `None` for the first page.
    pub after: Option<P>,
}
