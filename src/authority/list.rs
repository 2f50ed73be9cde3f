//! Where a user is signed in.

use super::Authority;
use crate::domain::{Error, Owner, Session};

/// A user whose sessions are wanted.
#[derive(Clone, Debug)]
pub struct ListSessions {
    pub owner: Owner,
}

impl Authority {
    /// The user's live sessions, most recently active first; none when there are none.
    pub async fn list(&self, request: ListSessions) -> Result<Vec<Session>, Error> {
        let handle = self.parts.installation.handle(&request.owner);
        let touches = self.activity.pending_of(handle);
        let sessions = self.store().list(&request.owner, handle, &touches, self.now()).await?;
        self.activity.written(&touches);
        self.untold.note(touches);
        Ok(sessions)
    }
}
