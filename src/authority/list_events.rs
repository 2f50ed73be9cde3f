//! The audit log is read.

use super::{
    Authority,
    listed::{Listed, and_one_more},
};
use crate::domain::{
    Error, UnixMillis,
    search::{AuditEvent, EventPosition, EventSearch, Page, RecordedEvents, RecordingPosition},
};

impl Authority {
    /// A page of the events that are meant, latest first.
    pub async fn list_events(
        &self,
        search: &EventSearch,
        page: Page<EventPosition>,
    ) -> Result<Listed<AuditEvent, EventPosition>, Error> {
        let complete_until = self.complete_until();
        let found = self.history()?.list_events(search, and_one_more(page)).await?;
        Ok(Listed::new(found, &page, AuditEvent::position, complete_until))
    }

    /// A page of the events that are meant in the order in which they were recorded, and up to when everything is
    /// recorded that took effect before.
    pub async fn list_recorded(
        &self,
        search: &EventSearch,
        since: Option<UnixMillis>,
        page: Page<RecordingPosition>,
    ) -> Result<(RecordedEvents, Option<UnixMillis>), Error> {
        let complete_until = self.complete_until();
        let found = self.history()?.list_recorded(search, since, page).await?;
        Ok((found, complete_until))
    }
}
