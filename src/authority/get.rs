//! The look-up of one session by its ID.

use std::sync::Arc;

use super::{
    activity::SessionActivity,
    clock_monitor::ClockMonitor,
    loaded_session::{LoadedSessionState, session_state},
};
use crate::{
    clock::Clock,
    domain::{CallError, Session, SessionId, TenantId, TenantScope, UserId},
    store::SessionStore,
};

/// A session to look up.
#[derive(Clone, Debug)]
pub struct SessionLookup {
    pub session_id: SessionId,
    /// The session must be of this tenant.
    pub tenant: Option<TenantId>,
    /// The session must be of this user.
    pub user: Option<UserId>,
    /// The tenants of the caller. A session of another tenant is not found.
    pub tenants: TenantScope,
}

/// Looks up single sessions.
pub struct SessionGetter {
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub activity: Arc<SessionActivity>,
}

impl SessionGetter {
    /// Returns the session if it is active. Does not count as activity.
    pub async fn get(&self, lookup: SessionLookup) -> Result<Session, CallError> {
        let moment = self.clock.instant();
        self.clock_monitor.verify(moment)?;
        let loaded = self.store.load(lookup.session_id).await?;
        let LoadedSessionState::Live(session) =
            session_state(loaded, &lookup.tenants, &self.activity, moment.wall_clock)
        else {
            return Err(CallError::SessionNotFound);
        };
        let is_meant = lookup.tenant.is_none_or(|tenant| tenant == session.owner.tenant)
            && lookup.user.is_none_or(|user| user == session.owner.user);
        if is_meant { Ok(*session) } else { Err(CallError::SessionNotFound) }
    }
}
