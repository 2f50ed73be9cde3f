//! Looking at what the audit database has.

use async_trait::async_trait;

use super::AuditError;
use crate::domain::UnixMillis;
use crate::domain::search::{
    AuditEvent, AuditedSession, EventPosition, EventSearch, PageRequest, RecordedEvents, RecordingPosition,
    SessionPosition, SessionSearch, SessionStats, StatsQuery,
};

/// Questions to the audit database.
///
/// What holds for every one: it is one reading, changes nothing, and answers within seconds, with
/// [`AuditError::Unavailable`] if need be. Without an audit database it is [`AuditError::Disabled`].
#[async_trait]
pub trait AuditHistory: Send + Sync {
    /// Sessions, latest start first. Fewer than the page may hold: there are no more.
    async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: PageRequest<SessionPosition>,
    ) -> Result<Vec<AuditedSession>, AuditError>;

    /// How many sessions a search finds.
    async fn count_sessions(&self, search: &SessionSearch) -> Result<u64, AuditError>;

    /// Events, latest first. Fewer than the page may hold: there are no more.
    async fn list_events(
        &self,
        search: &EventSearch,
        page: PageRequest<EventPosition>,
    ) -> Result<Vec<AuditEvent>, AuditError>;

    /// Events in the order in which they were recorded, oldest first. Whoever goes on from [`RecordedEvents::resume`]
    /// misses none, however many append at the same time: an event that is recorded later lies later. Without a position
    /// it begins with what was recorded at `since` or later.
    async fn list_recorded(
        &self,
        search: &EventSearch,
        since: Option<UnixMillis>,
        page: PageRequest<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError>;

    /// Counts, all as of one moment.
    async fn stats(&self, query: &StatsQuery) -> Result<SessionStats, AuditError>;
}
