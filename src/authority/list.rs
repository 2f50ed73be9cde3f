//! The list of a user's sessions.

use std::sync::Arc;

use super::activity::SessionActivity;
use crate::{
    clock::Clock,
    domain::{CallError, InstallationSecret, Owner, Session},
    store::SessionStore,
};

/// A request for the sessions of a user.
#[derive(Clone, Debug)]
pub struct SessionListRequest {
    pub owner: Owner,
}

/// Lists the sessions of users.
pub struct SessionLister {
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub installation: InstallationSecret,
    pub activity: Arc<SessionActivity>,
}

impl SessionLister {
    /// Returns the user's active sessions, most recently active first. The list may be empty.
    pub async fn list(&self, request: SessionListRequest) -> Result<Vec<Session>, CallError> {
        let handle = self.installation.user_handle(&request.owner);
        let touches = self.activity.pending_touches(handle);
        let sessions = self.store.list(&request.owner, handle, &touches, self.clock.now()).await?;
        self.activity.mark_written(touches);
        Ok(sessions)
    }
}
