//! Where a user is signed in.

use super::Authority;
use crate::domain::{CallError, Owner, Session};

/// A user whose sessions are wanted.
#[derive(Clone, Debug)]
pub struct SessionListRequest {
    pub owner: Owner,
}

impl Authority {
    /// The user's live sessions, most recently active first; none when there are none.
    pub async fn list(&self, request: SessionListRequest) -> Result<Vec<Session>, CallError> {
        let handle = self.parts.installation.user_handle(&request.owner);
        let touches = self.activity.pending_touches(handle);
        let sessions = self.store().list(&request.owner, handle, &touches, self.now()).await?;
        self.activity.mark_written(&touches);
        self.pending_audit_activity.add(touches);
        Ok(sessions)
    }
}
