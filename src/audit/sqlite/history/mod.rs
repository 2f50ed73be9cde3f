//! Questions to the audit. A row that a newer release wrote, and that this one cannot tell of, is left out of lists
//! and counted all the same.

mod conditions;
mod durations;
mod events;
mod happenings;
mod listing;
mod live;
mod logins;
mod parts;
mod recorded;
mod sessions;
mod span;
mod stats;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

use super::{SqliteEventLog, reading::answer};
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

#[async_trait]
impl History for SqliteEventLog {
    async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: Page<SessionPosition>,
    ) -> Result<Vec<SessionEntry>, AuditError> {
        let question = async {
            let mut reading = self.turn_to_read().await?;
            sessions::search(&mut reading.connection, search, page).await
        };
        answer("searching sessions", question).await
    }

    async fn count_sessions(&self, search: &SessionSearch) -> Result<u64, AuditError> {
        let question = async {
            let mut reading = self.turn_to_read().await?;
            sessions::count(&mut reading.connection, search).await
        };
        answer("counting sessions", question).await
    }

    async fn list_events(
        &self,
        search: &EventSearch,
        page: Page<EventPosition>,
    ) -> Result<Vec<AuditEvent>, AuditError> {
        let question = async {
            let mut reading = self.turn_to_read().await?;
            events::list(&mut reading.connection, search, page).await
        };
        answer("listing events", question).await
    }

    async fn list_recorded(
        &self,
        search: &EventSearch,
        since: Option<UnixMillis>,
        page: Page<RecordingPosition>,
    ) -> Result<RecordedEvents, AuditError> {
        let question = async {
            let mut reading = self.turn_to_read().await?;
            recorded::list(&mut reading.connection, search, since, page).await
        };
        answer("listing events as they were recorded", question).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Stats, AuditError> {
        let question = async {
            let mut reading = self.turn_to_read().await?;
            stats::stats(&mut reading.connection, query).await
        };
        answer("counting over a span of time", question).await
    }
}
