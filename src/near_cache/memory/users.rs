//! The users of one bucket with cached sessions, and the memory that they take.

use hashlink::LruCache;

use crate::{
    domain::{FormerClient, SessionId, UserHandle},
    near_cache::session_read::SessionStatus,
    store::{Tombstone, record::Generation},
};

/// The maximum number of ended or missing sessions cached for one user. One more evicts the first of them.
const MAX_ENDED_PER_USER: usize = 64;

/// The approximate memory of the tables for a user and for a session, in bytes, in addition to the counted contents.
const USER_OVERHEAD: usize = 128;
const SESSION_OVERHEAD: usize = 64;

/// The size of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheSize {
    /// The number of sessions, active and ended.
    pub sessions: usize,
    /// The number of denied JWT IDs.
    pub denied_jwts: usize,
    /// The approximate memory, in bytes. The tables are counted by their average size.
    pub bytes: usize,
}

/// The users with cached sessions, least recently used first.
pub(super) struct CachedUsers {
    users: LruCache<UserHandle, CachedUser>,
    size: CacheSize,
}

#[derive(Default)]
struct CachedUser {
    /// Set by each look-up, and cleared when eviction spares the user. Moving the user to the end of the LRU list with
    /// each use would cost more than the look-up.
    is_used: bool,
    sessions: Vec<CachedSession>,
    weight: usize,
}

pub(super) struct CachedSession {
    unique: [u8; SessionId::UNIQUE_BYTES],
    pub(super) status: SessionStatus,
    /// The generation up to which no mass revocation has ended the session.
    pub(super) checked_generation: Generation,
}

impl CachedUsers {
    pub(super) fn new() -> Self {
        Self { users: LruCache::new_unbounded(), size: CacheSize::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    pub(super) const fn size(&self) -> CacheSize {
        self.size
    }

    /// Returns a session, and marks its user as used.
    pub(super) fn find(&mut self, id: SessionId) -> Option<&mut CachedSession> {
        let user = self.users.peek_mut(&id.handle)?;
        user.is_used = true;
        user.sessions.iter_mut().find(|session| session.unique == id.unique)
    }

    /// Returns the status of a session. This does not count as use.
    pub(super) fn peek(&self, id: SessionId) -> Option<&SessionStatus> {
        let sessions = &self.users.peek(&id.handle)?.sessions;
        sessions.iter().find(|session| session.unique == id.unique).map(|session| &session.status)
    }

    /// Inserts a session, or replaces it.
    pub(super) fn insert(&mut self, id: SessionId, status: SessionStatus, checked_generation: Generation) {
        let mut user = self.remove(id.handle).unwrap_or_default();
        user.sessions.retain(|session| session.unique != id.unique);
        if status.is_terminal()
            && user.sessions.iter().filter(|session| session.status.is_terminal()).count() >= MAX_ENDED_PER_USER
        {
            let first = user.sessions.iter().position(|session| session.status.is_terminal());
            first.map(|first| user.sessions.remove(first));
        }
        user.sessions.reserve_exact(1);
        user.sessions.push(CachedSession { unique: id.unique, status, checked_generation });
        user.update_weight();
        self.size.sessions += user.sessions.len();
        self.size.bytes += user.weight;
        self.users.insert(id.handle, user);
    }

    /// Evicts a user.
    pub(super) fn evict(&mut self, handle: UserHandle) {
        self.remove(handle);
    }

    /// Evicts the least recently used user, or spares it once if it has been used. Returns `false` if no user is cached.
    pub(super) fn evict_least_recently_used(&mut self) -> bool {
        let Some((handle, user)) = self.users.remove_lru() else { return false };
        if user.is_used {
            self.users.insert(handle, CachedUser { is_used: false, ..user });
        } else {
            self.subtract_size(&user);
        }
        true
    }

    /// Evicts the sessions for which `keep` returns `false`.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut CachedSession) -> bool) {
        let mut size = CacheSize::default();
        self.users.retain(|_, user| {
            user.sessions.retain_mut(&mut keep);
            user.update_weight();
            size.sessions += user.sessions.len();
            size.bytes += if user.sessions.is_empty() { 0 } else { user.weight };
            !user.sessions.is_empty()
        });
        self.size = size;
    }

    fn remove(&mut self, handle: UserHandle) -> Option<CachedUser> {
        let user = self.users.remove(&handle)?;
        self.subtract_size(&user);
        Some(user)
    }

    fn subtract_size(&mut self, user: &CachedUser) {
        self.size.sessions -= user.sessions.len();
        self.size.bytes -= user.weight;
    }
}

impl CachedUser {
    fn update_weight(&mut self) {
        self.weight = USER_OVERHEAD + self.sessions.iter().map(CachedSession::weight).sum::<usize>();
    }
}

impl CachedSession {
    fn weight(&self) -> usize {
        let own = match &self.status {
            SessionStatus::Live(session) | SessionStatus::MassRevoked(session, ..) => session.weight(),
            SessionStatus::Ended(tombstone) => {
                let cause = &tombstone.cause;
                let texts = [&cause.reason, &cause.actor, &cause.caller, &cause.request_id].map(String::len);
                let former = tombstone.former_client.as_deref();
                let former = former.map_or(0, |client| size_of::<FormerClient>() + client.user.as_str().len() + 2);
                size_of::<Tombstone>() + former + tombstone.tenant.as_str().len() + texts.iter().sum::<usize>()
            }
            SessionStatus::Missing => 0,
        };
        SESSION_OVERHEAD + own
    }
}
