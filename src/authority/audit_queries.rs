//! Queries of the audit database: sessions active and ended, events, statistics.

use std::{sync::Arc, time::Duration};

use super::{
    audit_reader::AuditReader,
    search_page::{SearchPage, with_lookahead},
    stats::{StatsRequest, StatsResult, resolve_series},
};
use crate::{
    clock::Clock,
    domain::{
        CallError, FieldViolations, UnixMillis,
        search::{
            AuditEvent, AuditedSession, EventPosition, EventSearch, PageRequest, RecordedEvents, RecordingPosition,
            SessionPosition, SessionSearch, StatsQuery, TimeRange,
        },
    },
};

/// Queries the audit database.
pub struct AuditQueries {
    pub audit: AuditReader,
    pub clock: Arc<dyn Clock>,
}

impl AuditQueries {
    /// Returns a page of the matching sessions, latest start first.
    pub async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: PageRequest<SessionPosition>,
    ) -> Result<SearchPage<AuditedSession, SessionPosition>, CallError> {
        let complete_until = self.audit.complete_until();
        let found = self.audit.history()?.search_sessions(search, with_lookahead(page)).await?;
        Ok(SearchPage::new(found, &page, AuditedSession::position, complete_until))
    }

    /// Returns a page of the matching events, latest first.
    pub async fn list_events(
        &self,
        search: &EventSearch,
        page: PageRequest<EventPosition>,
    ) -> Result<SearchPage<AuditEvent, EventPosition>, CallError> {
        let complete_until = self.audit.complete_until();
        let found = self.audit.history()?.list_events(search, with_lookahead(page)).await?;
        Ok(SearchPage::new(found, &page, AuditEvent::position, complete_until))
    }

    /// Returns a page of the matching events in recording order, and the time before which every change is recorded.
    pub async fn list_recorded(
        &self,
        search: &EventSearch,
        since: Option<UnixMillis>,
        page: PageRequest<RecordingPosition>,
    ) -> Result<(RecordedEvents, Option<UnixMillis>), CallError> {
        let complete_until = self.audit.complete_until();
        let found = self.audit.history()?.list_recorded(search, since, page).await?;
        Ok((found, complete_until))
    }

    /// Checks the window and the step of a [`StatsRequest`]. Returns all violations.
    pub fn check_stats(&self, window: TimeRange, step: Option<Duration>) -> Result<(), FieldViolations> {
        resolve_series(window, step, self.clock.now()).map(drop)
    }

    /// Returns the statistics, all as of one moment.
    pub async fn stats(&self, request: StatsRequest) -> Result<StatsResult, CallError> {
        let StatsRequest { tenants, user, window, step } = request;
        let (start, end, step) = resolve_series(window, step, self.clock.now())?;
        let query = StatsQuery { tenants, user, start, end, step };
        let complete_until = self.audit.complete_until();
        let stats = self.audit.history()?.stats(&query).await?;
        Ok(StatsResult { stats, complete_until })
    }
}
