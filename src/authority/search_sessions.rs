//! Sessions, live and ended, are looked for.

use super::{
    Authority,
    listed::{Listed, and_one_more},
};
use crate::domain::{
    Error,
    search::{Page, SessionEntry, SessionPosition, SessionSearch},
};

impl Authority {
    /// A page of the sessions that are meant, latest start first.
    pub async fn search_sessions(
        &self,
        search: &SessionSearch,
        page: Page<SessionPosition>,
    ) -> Result<Listed<SessionEntry, SessionPosition>, Error> {
        let complete_until = self.complete_until();
        let found = self.history()?.search_sessions(search, and_one_more(page)).await?;
        Ok(Listed::new(found, &page, SessionEntry::position, complete_until))
    }
}
