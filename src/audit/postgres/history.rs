use async_trait::async_trait;

use super::PostgresEventLog;
use crate::{
    audit::{AuditError, History},
    domain::search::{
        AuditEvent, EventPosition, EventSearch, Page, SessionEntry, SessionPosition, SessionSearch, Stats, StatsQuery,
    },
};

#[async_trait]
impl History for PostgresEventLog {
    async fn search_sessions(
        &self,
        _: &SessionSearch,
        _: Page<SessionPosition>,
    ) -> Result<Vec<SessionEntry>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn count_sessions(&self, _: &SessionSearch) -> Result<u64, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn list_events(&self, _: &EventSearch, _: Page<EventPosition>) -> Result<Vec<AuditEvent>, AuditError> {
        Err(AuditError::Disabled)
    }

    async fn stats(&self, _: &StatsQuery) -> Result<Stats, AuditError> {
        Err(AuditError::Disabled)
    }
}
