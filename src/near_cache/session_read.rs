//! The result of reading a session.

use super::live_session::LiveSession;
use crate::{
    domain::{Cause, UnixMillis},
    store::Tombstone,
    sync::Arc,
};

/// The result of reading a session, from the cache or from the store.
#[derive(Clone, Debug)]
pub struct SessionRead {
    pub status: SessionStatus,
    /// The time before which every acknowledged change is included.
    pub as_of: UnixMillis,
    pub origin: ReadOrigin,
}

/// The origin of a [`SessionRead`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOrigin {
    Cache,
    Store {
        /// Set if the read also added the session to the cache.
        is_cached: bool,
    },
}

/// The state of a session, apart from its timeouts: the caller computes whether it has timed out.
#[derive(Clone, Debug)]
pub enum SessionStatus {
    Live(Arc<LiveSession>),
    /// The session existed when its tenant or everyone was signed out.
    MassRevoked(Arc<LiveSession>, UnixMillis, Arc<Cause>),
    /// The session has ended. It never becomes active again.
    Ended(Arc<Tombstone>),
    /// There is no such session, and no tombstone of one.
    Missing,
}

impl SessionRead {
    #[must_use]
    pub fn is_from_cache(&self) -> bool {
        self.origin == ReadOrigin::Cache
    }
}

impl SessionStatus {
    /// Returns whether no session is stored.
    pub(super) const fn is_terminal(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Missing)
    }
}
