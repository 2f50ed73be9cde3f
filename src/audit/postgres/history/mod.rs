//! Queries of the audit database in PostgreSQL.
//!
//! They have their own connections, so that the relay always finds one, however many queries there are. A statement
//! names every criterion and ignores those that are not given. It is planned for its values each time, so the planner
//! sees only the given ones and chooses an index for them.

mod alerts;
mod events;
mod recorded;
mod recording_barrier;
mod scope;
mod sessions;
mod stats;
mod tenants;

use async_trait::async_trait;
use sqlx::{
    PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::{error::Elapsed, timeout};

use super::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, PostgresEventLog, acquire, refusal_as_unavailable, settle};
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

/// Maximum number of concurrent queries.
const MAX_CONNECTIONS: u32 = 4;

/// Creates the connection pool for queries.
pub(super) fn pool(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_lazy_with(options.clone())
}

impl PostgresEventLog {
    /// Returns a connection for a query.
    pub(super) async fn acquire_query_connection(&self) -> Result<PoolConnection<Postgres>, AuditError> {
        self.ensure_schema().await?;
        acquire(&self.query_pool).await
    }
}

/// Returns the outcome as [`settle`] does, for a query, which cannot be rejected.
pub(super) fn settle_query<T>(
    connection: PoolConnection<Postgres>,
    during: &'static str,
    outcome: Result<sqlx::Result<T>, Elapsed>,
) -> Result<T, AuditError> {
    refusal_as_unavailable(during, settle(connection, during, outcome))
}

#[async_trait]
impl AuditHistory for PostgresEventLog {
    async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: PageRequest<SessionPosition>,
    ) -> Result<Vec<AuditedSession>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, sessions::search(&mut connection, search, page)).await;
        settle_query(connection, "searching sessions", outcome)
    }

    async fn count_sessions(&self, search: &SessionSearch) -> Result<u64, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, sessions::count(&mut connection, search)).await;
        settle_query(connection, "counting sessions", outcome)
    }

    async fn list_events(
        &self,
        search: &EventSearch,
        page: PageRequest<EventPosition>,
    ) -> Result<Vec<AuditEvent>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, events::list(&mut connection, search, page)).await;
        settle_query(connection, "listing events", outcome)
    }

    async fn list_recorded(
        &self,
        search: &EventSearch,
        range: RecordingRange,
        page: PageRequest<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, recorded::list(&mut connection, search, range, page)).await;
        settle_query(connection, "listing events in recording order", outcome)
    }

    async fn stats(&self, query: &StatsQuery) -> Result<SessionStats, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, stats::stats(&mut connection, query)).await;
        settle_query(connection, "computing statistics", outcome)
    }

    async fn list_alerts(
        &self,
        search: &AlertSearch,
        page: PageRequest<AlertListPosition>,
    ) -> Result<Vec<ListedAlert>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, alerts::list(&mut connection, search, page)).await;
        settle_query(connection, "listing alerts", outcome)
    }

    async fn list_tenants(
        &self,
        search: &TenantSearch,
        page: PageRequest<TenantId>,
    ) -> Result<Vec<TenantSummary>, AuditError> {
        let mut connection = self.acquire_query_connection().await?;
        let outcome = timeout(ANSWER_TIMEOUT, tenants::list(&mut connection, search, page)).await;
        settle_query(connection, "listing tenants", outcome)
    }
}
