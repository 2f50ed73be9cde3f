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
        CallError, FieldViolation, FieldViolations, TenantId, UnixMillis,
        search::{
            AlertListPosition, AlertSearch, AuditEvent, AuditedSession, EventPosition, EventSearch, ListedAlert,
            PageRequest, RecordedEvents, RecordingPosition, RecordingRange, SessionPosition, SessionSearch, StatsQuery,
            TenantFilter, TenantSearch, TenantSummary, TimeRange,
        },
    },
};

/// The span for which sign-ins and alerts of tenants count if the request names none, and the longest one.
const DEFAULT_COUNT_SPAN: Duration = Duration::from_hours(24);
const MAX_COUNT_SPAN: Duration = Duration::from_hours(400 * 24);

/// A request for the tenants with their counts.
#[derive(Clone, Debug)]
pub struct TenantListRequest {
    pub tenants: TenantFilter,
    /// The time since which sign-ins and alerts count. `None`: 24 hours ago.
    pub since: Option<UnixMillis>,
    /// The page, after a tenant.
    pub page: PageRequest<TenantId>,
}

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
        let found = self.audit.history()?.list_recorded(search, RecordingRange { since, up_to: None }, page).await?;
        Ok((found, complete_until))
    }

    /// Returns a page of the matching alerts, latest event first.
    pub async fn list_alerts(
        &self,
        search: &AlertSearch,
        page: PageRequest<AlertListPosition>,
    ) -> Result<SearchPage<ListedAlert, AlertListPosition>, CallError> {
        let found = self.audit.history()?.list_alerts(search, with_lookahead(page)).await?;
        Ok(SearchPage::new(found, &page, ListedAlert::position, None))
    }

    /// Returns a page of the tenants, in the order of their names.
    pub async fn list_tenants(
        &self,
        request: TenantListRequest,
    ) -> Result<SearchPage<TenantSummary, TenantId>, CallError> {
        let TenantListRequest { tenants, since, page } = request;
        let now = self.clock.now();
        let since = since.unwrap_or_else(|| now.minus(DEFAULT_COUNT_SPAN));
        if now.since(since) > MAX_COUNT_SPAN {
            return Err(FieldViolation::new("since", "is more than 400 days ago").into());
        }
        let complete_until = self.audit.complete_until();
        let search = TenantSearch { tenants, since };
        let found = self.audit.history()?.list_tenants(&search, with_lookahead(page.clone())).await?;
        Ok(SearchPage::new(found, &page, |entry| entry.tenant.clone(), complete_until))
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
