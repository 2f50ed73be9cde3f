//! Queries of the audit log.

use super::{
    Authority,
    search_page::{SearchPage, with_lookahead},
};
use crate::domain::{
    CallError, UnixMillis,
    search::{AuditEvent, EventPosition, EventSearch, PageRequest, RecordedEvents, RecordingPosition},
};

impl Authority {
    /// Returns a page of the matching events, latest first.
    pub async fn list_events(
        &self,
        search: &EventSearch,
        page: PageRequest<EventPosition>,
    ) -> Result<SearchPage<AuditEvent, EventPosition>, CallError> {
        let complete_until = self.complete_until();
        let found = self.history()?.list_events(search, with_lookahead(page)).await?;
        Ok(SearchPage::new(found, &page, AuditEvent::position, complete_until))
    }

    /// Returns a page of the matching events in recording order, and the time before which every change is recorded.
    pub async fn list_recorded(
        &self,
        search: &EventSearch,
        since: Option<UnixMillis>,
        page: PageRequest<RecordingPosition>,
    ) -> Result<(RecordedEvents, Option<UnixMillis>), CallError> {
        let complete_until = self.complete_until();
        let found = self.history()?.list_recorded(search, since, page).await?;
        Ok((found, complete_until))
    }
}
