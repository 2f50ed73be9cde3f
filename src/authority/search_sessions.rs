//! Searches for sessions, active and ended.

use super::{
    Authority,
    search_page::{SearchPage, with_lookahead},
};
use crate::domain::{
    CallError,
    search::{AuditedSession, PageRequest, SessionPosition, SessionSearch},
};

impl Authority {
    /// Returns a page of the matching sessions, latest start first.
    pub async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: PageRequest<SessionPosition>,
    ) -> Result<SearchPage<AuditedSession, SessionPosition>, CallError> {
        let complete_until = self.complete_until();
        let found = self.history()?.search_sessions(search, with_lookahead(page)).await?;
        Ok(SearchPage::new(found, &page, AuditedSession::position, complete_until))
    }
}
