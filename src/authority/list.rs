//! The list of a user's sessions.

use super::Authority;
use crate::domain::{CallError, Owner, Session};

/// A request for the sessions of a user.
#[derive(Clone, Debug)]
pub struct SessionListRequest {
    pub owner: Owner,
}

impl Authority {
    /// Returns the user's active sessions, most recently active first. The list may be empty.
    pub async fn list(&self, request: SessionListRequest) -> Result<Vec<Session>, CallError> {
        let handle = self.parts.installation.user_handle(&request.owner);
        let touches = self.activity.pending_touches(handle);
        let sessions = self.store().list(&request.owner, handle, &touches, self.now()).await?;
        self.activity.mark_written(&touches);
        self.pending_audit_activity.add(touches);
        Ok(sessions)
    }
}
