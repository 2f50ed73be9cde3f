//! Queries of the audit database.

use async_trait::async_trait;

use super::AuditError;
use crate::domain::TenantId;
use crate::domain::search::{
    AlertListPosition, AlertSearch, AuditEvent, AuditedSession, EventPosition, EventSearch, ListedAlert, PageRequest,
    RecordedEvents, RecordingPosition, RecordingRange, SessionPosition, SessionSearch, SessionStats, StatsQuery,
    TenantSearch, TenantSummary,
};

/// Queries of the audit database.
///
/// Each query reads one snapshot, changes nothing, and returns within seconds, if need be with
/// [`AuditError::Unavailable`]. Without an audit database it returns [`AuditError::Disabled`].
#[async_trait]
pub trait AuditHistory: Send + Sync {
    /// Returns sessions, latest start first. Fewer than the page may hold means that there are no more.
    async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: PageRequest<SessionPosition>,
    ) -> Result<Vec<AuditedSession>, AuditError>;

    /// Returns the number of sessions that match a search.
    async fn count_sessions(&self, search: &SessionSearch) -> Result<u64, AuditError>;

    /// Returns events, latest first. Fewer than the page may hold means that there are no more.
    async fn list_events(
        &self,
        search: &EventSearch,
        page: PageRequest<EventPosition>,
    ) -> Result<Vec<AuditEvent>, AuditError>;

    /// Returns events in recording order, oldest first. A reader that continues from [`RecordedEvents::resume`] misses
    /// none, however many nodes append at the same time: an event that is recorded later has a later position. Without
    /// a position the query begins with the first event of the range.
    async fn list_recorded(
        &self,
        search: &EventSearch,
        range: RecordingRange,
        page: PageRequest<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError>;

    /// Returns statistics of one snapshot.
    async fn stats(&self, query: &StatsQuery) -> Result<SessionStats, AuditError>;

    /// Returns alerts with their answers, latest event first. Fewer than the page may hold means that there are no more.
    async fn list_alerts(
        &self,
        search: &AlertSearch,
        page: PageRequest<AlertListPosition>,
    ) -> Result<Vec<ListedAlert>, AuditError>;

    /// Returns the tenants that have sessions, in the order of their names. Fewer than the page may hold means that
    /// there are no more.
    async fn list_tenants(
        &self,
        search: &TenantSearch,
        page: PageRequest<TenantId>,
    ) -> Result<Vec<TenantSummary>, AuditError>;
}
