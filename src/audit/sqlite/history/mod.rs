//! Queries of the audit database. A row of a newer release that this one cannot decode is left out of lists, but
//! counted.

mod alert_counts;
mod alerts;
mod durations;
mod ending_counts;
mod events;
mod listing;
mod live;
mod logins;
mod recorded;
mod select_builder;
mod sessions;
mod stats;
mod stats_window;
mod tenants;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

use super::{SqliteEventLog, read_permit::with_timeout};
use crate::{
    audit::{AuditError, AuditHistory},
    domain::{
        TenantId,
        search::{
            AlertListPosition, AlertSearch, AuditEvent, AuditedSession, EventPosition, EventSearch, ListedAlert,
            PageRequest, RecordedEvents, RecordingPosition, RecordingRange, SessionPosition, SessionSearch,
            SessionStats, StatsQuery, TenantSearch, TenantSummary,
        },
    },
};

#[async_trait]
impl AuditHistory for SqliteEventLog {
    async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: PageRequest<SessionPosition>,
    ) -> Result<Vec<AuditedSession>, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            sessions::search(&mut reading.connection, search, page).await
        };
        with_timeout("searching sessions", question).await
    }

    async fn count_sessions(&self, search: &SessionSearch) -> Result<u64, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            sessions::count(&mut reading.connection, search).await
        };
        with_timeout("counting sessions", question).await
    }

    async fn list_events(
        &self,
        search: &EventSearch,
        page: PageRequest<EventPosition>,
    ) -> Result<Vec<AuditEvent>, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            events::list(&mut reading.connection, search, page).await
        };
        with_timeout("listing events", question).await
    }

    async fn list_recorded(
        &self,
        search: &EventSearch,
        range: RecordingRange,
        page: PageRequest<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            recorded::list(&mut reading.connection, search, range, page).await
        };
        with_timeout("listing events in recording order", question).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<SessionStats, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            stats::stats(&mut reading.connection, query).await
        };
        with_timeout("computing statistics", question).await
    }

    async fn list_alerts(
        &self,
        search: &AlertSearch,
        page: PageRequest<AlertListPosition>,
    ) -> Result<Vec<ListedAlert>, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            alerts::list(&mut reading.connection, search, page).await
        };
        with_timeout("listing alerts", question).await
    }

    async fn list_tenants(
        &self,
        search: &TenantSearch,
        page: PageRequest<TenantId>,
    ) -> Result<Vec<TenantSummary>, AuditError> {
        let question = async {
            let mut reading = self.acquire_read_permit().await?;
            tenants::list(&mut reading.connection, search, page).await
        };
        with_timeout("listing tenants", question).await
    }
}
