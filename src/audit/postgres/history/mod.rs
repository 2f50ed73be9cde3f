//! Questions to the audit in PostgreSQL.
//!
//! They have connections of their own, so that however many are asked, the relay finds one. A statement names every
//! criterion and passes over those that are not given; it is planned for its values each time, so that the planner sees
//! only what is left, and chooses the index for that.

mod events;
pub(super) mod reading;
mod recorded;
mod recording_barrier;
mod scope;
mod sessions;
mod stats;

use async_trait::async_trait;
use sqlx::{
    PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::{error::Elapsed, timeout};

use super::{ANSWER, CONNECT, PostgresEventLog, acquire, settle, unrefused};
use crate::{
    audit::{AuditError, History},
    domain::{
        UnixMillis,
        search::{
            AuditEvent, EventPosition, EventSearch, Page, RecordedEvents, RecordingPosition, SessionEntry,
            SessionPosition, SessionSearch, Stats, StatsQuery,
        },
    },
};

/// Questions that are answered at a time.
const CONNECTIONS: u32 = 4;

/// Connections for questions.
pub(super) fn pool(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(CONNECT).connect_lazy_with(options.clone())
}

impl PostgresEventLog {
    /// A connection for a question.
    pub(super) async fn asking(&self) -> Result<PoolConnection<Postgres>, AuditError> {
        self.complete_schema().await?;
        acquire(&self.questions).await
    }
}

/// As [`settle`]; there is nothing that could be refused.
pub(super) fn answered<T>(
    connection: PoolConnection<Postgres>,
    during: &'static str,
    outcome: Result<sqlx::Result<T>, Elapsed>,
) -> Result<T, AuditError> {
    unrefused(during, settle(connection, during, outcome))
}

#[async_trait]
impl History for PostgresEventLog {
    async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: Page<SessionPosition>,
    ) -> Result<Vec<SessionEntry>, AuditError> {
        let mut connection = self.asking().await?;
        let outcome = timeout(ANSWER, sessions::search(&mut connection, search, page)).await;
        answered(connection, "searching sessions", outcome)
    }

    async fn count_sessions(&self, search: &SessionSearch) -> Result<u64, AuditError> {
        let mut connection = self.asking().await?;
        let outcome = timeout(ANSWER, sessions::count(&mut connection, search)).await;
        answered(connection, "counting sessions", outcome)
    }

    async fn list_events(
        &self,
        search: &EventSearch,
        page: Page<EventPosition>,
    ) -> Result<Vec<AuditEvent>, AuditError> {
        let mut connection = self.asking().await?;
        let outcome = timeout(ANSWER, events::list(&mut connection, search, page)).await;
        answered(connection, "listing events", outcome)
    }

    async fn list_recorded(
        &self,
        search: &EventSearch,
        since: Option<UnixMillis>,
        page: Page<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError> {
        let mut connection = self.asking().await?;
        let outcome = timeout(ANSWER, recorded::list(&mut connection, search, since, page)).await;
        answered(connection, "listing events as they were recorded", outcome)
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Stats, AuditError> {
        let mut connection = self.asking().await?;
        let outcome = timeout(ANSWER, stats::stats(&mut connection, query)).await;
        answered(connection, "counting", outcome)
    }
}
