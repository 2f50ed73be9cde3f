//! The cached sessions of one bucket.

use std::ops::RangeInclusive;

use hashlink::LruCache;

use super::{super::live_session::LiveSession, revocations::RecentRevocations};
use crate::{
    domain::{SessionId, UnixMillis, UserHandle},
    near_cache::source::{Lease, RevocationsSince},
    store::{Tombstone, record::Generation},
    sync::Arc,
};

/// The bounds of the number of revoked tenants listed for a bucket, which is a quarter of its sessions in between.
/// Beyond that number, every cached session is checked against the list, and the list starts again. This costs each
/// revocation no more than the check of a few sessions, however many revocations and sessions there are.
const LISTED_TENANTS: RangeInclusive<usize> = 16..=4_096;

/// The maximum number of ended or missing sessions cached for one user. One more evicts the first of them.
const MAX_ENDED_PER_USER: usize = 64;

/// The approximate memory of the tables for a user and for a session, in bytes, in addition to the counted contents.
const USER_OVERHEAD: usize = 128;
const SESSION_OVERHEAD: usize = 64;

/// A cached session.
#[derive(Clone, Debug)]
pub enum CacheEntry {
    Live(Arc<LiveSession>),
    /// The session has ended. It never becomes active again.
    Ended(Arc<Tombstone>),
    /// There is no such session, and no tombstone of one.
    Missing,
}

impl CacheEntry {
    const fn is_terminal(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Missing)
    }

    fn weight(&self) -> usize {
        let own = match self {
            Self::Live(pass) => pass.weight(),
            Self::Ended(tombstone) => {
                let cause = &tombstone.cause;
                size_of::<Tombstone>()
                    + tombstone.tenant.as_str().len()
                    + [&cause.reason, &cause.actor, &cause.caller, &cause.request_id]
                        .map(String::len)
                        .iter()
                        .sum::<usize>()
            }
            Self::Missing => 0,
        };
        SESSION_OVERHEAD + own
    }
}

/// The cache of one bucket: the results of reads, and the state that decides whether they are still valid.
pub(super) struct CacheShard {
    /// The lease under which invalidations arrive. `None`: the bucket is not tracked, and nothing is cached.
    pub(super) lease: Option<Arc<Lease>>,
    /// A counter of invalidations. It shows that a read in flight during one of them is outdated.
    pub(super) invalidations: u64,
    /// The number of mass revocations announced so far.
    pub(super) announced_revocations: u64,
    /// The value of `announced_revocations` up to which the list is complete.
    listed_revocations: u64,
    /// The list of mass revocations. `None`: no cached session could be ended by one.
    revocations: Option<RecentRevocations>,
    users: LruCache<UserHandle, CachedUser>,
    size: CacheSize,
}

/// The result of a look-up in one bucket.
pub(super) enum ShardLookup {
    Hit(CacheEntry),
    /// A mass revocation was announced and is not listed yet. It may have ended the session.
    RevocationsPending,
    Miss,
}

/// The size of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheSize {
    /// The number of sessions, active and ended.
    pub sessions: usize,
    /// The approximate memory, in bytes. The tables are counted by their average size.
    pub bytes: usize,
}

#[derive(Default)]
struct CachedUser {
    /// Set by each look-up, and cleared when eviction spares the user. Moving the user to the end of the LRU list with
    /// each use would cost more than the look-up.
    is_used: bool,
    sessions: Vec<CachedSession>,
    weight: usize,
}

struct CachedSession {
    unique: [u8; SessionId::UNIQUE_BYTES],
    entry: CacheEntry,
    /// The generation up to which no mass revocation has ended the session.
    checked_generation: Generation,
}

impl CacheShard {
    pub(super) fn new() -> Self {
        Self {
            lease: None,
            invalidations: 0,
            announced_revocations: 0,
            listed_revocations: 0,
            revocations: None,
            users: LruCache::new_unbounded(),
            size: CacheSize::default(),
        }
    }

    /// Looks up a session. A session that a mass revocation has ended is a miss.
    pub(super) fn find(&mut self, id: SessionId) -> ShardLookup {
        let Some(user) = self.users.peek_mut(&id.handle) else { return ShardLookup::Miss };
        user.is_used = true;
        let found = user.sessions.iter_mut().find(|session| session.unique == id.unique);
        let Some(session) = found else { return ShardLookup::Miss };
        if let CacheEntry::Live(pass) = &session.entry {
            if self.listed_revocations != self.announced_revocations {
                return ShardLookup::RevocationsPending;
            }
            let Some(revocations) = &self.revocations else { return ShardLookup::Miss };
            if !revocations.admits(session.checked_generation, &pass.tenant) {
                return ShardLookup::Miss;
            }
            session.checked_generation = session.checked_generation.max(revocations.latest());
        }
        ShardLookup::Hit(session.entry.clone())
    }

    /// Caches the result of a read, and evicts the least recently used users until at most `max_bytes` are taken.
    ///
    /// For an active session, `checked` is the generation up to which no mass revocation had ended it, and `announced`
    /// the count before the read. Returns `false` and caches nothing if the list does not cover every revocation after
    /// `checked`.
    pub(super) fn insert_session(
        &mut self,
        id: SessionId,
        entry: CacheEntry,
        checked: Option<Generation>,
        announced: u64,
        max_bytes: usize,
    ) -> bool {
        if checked.is_some_and(|checked| !self.extend_coverage(checked, announced)) {
            return false;
        }
        let mut user = self.remove_user(id.handle).unwrap_or_default();
        user.sessions.retain(|session| session.unique != id.unique);
        if entry.is_terminal()
            && user.sessions.iter().filter(|session| session.entry.is_terminal()).count() >= MAX_ENDED_PER_USER
        {
            let first = user.sessions.iter().position(|session| session.entry.is_terminal());
            first.map(|first| user.sessions.remove(first));
        }
        user.sessions.reserve_exact(1);
        user.sessions.push(CachedSession { unique: id.unique, entry, checked_generation: checked.unwrap_or_default() });
        self.insert_user(id.handle, user);
        self.evict(max_bytes);
        true
    }

    /// Ensures that the list covers all revocations after `checked`. Returns `false` if it does not.
    fn extend_coverage(&mut self, checked: Generation, announced: u64) -> bool {
        let is_needed = !self.users.is_empty();
        match &self.revocations {
            Some(list) if is_needed || checked < list.latest() => {
                if checked == list.latest() && announced == self.announced_revocations {
                    self.listed_revocations = announced;
                }
                list.covers(checked)
            }
            _ => {
                self.revocations = Some(RecentRevocations::new(checked));
                self.listed_revocations = announced;
                true
            }
        }
    }

    /// Returns the generation after which mass revocations are to be listed. `None`: the list is complete, or no
    /// session depends on it.
    pub(super) fn unlisted_since(&self) -> Option<Generation> {
        let list = self.revocations.as_ref()?;
        (self.listed_revocations != self.announced_revocations && !self.users.is_empty()).then(|| list.latest())
    }

    /// Adds the mass revocations after `since` to the list. They were read when `announced` had been counted. Returns
    /// the evicted entries if the bucket had to be cleared.
    pub(super) fn apply_revocations(
        &mut self,
        found: &RevocationsSince,
        since: Generation,
        announced: u64,
        max_bytes: usize,
    ) -> Option<impl Sized + use<>> {
        let list = self.revocations.as_mut()?;
        if since > list.latest() {
            // The list has started again meanwhile, from an earlier generation. It stays incomplete.
            return None;
        }
        let Some(scopes) = found.scopes.as_ref().filter(|_| found.latest >= since) else {
            // Some revocations are unknown, or the bucket was emptied, so no cached session can be trusted.
            return Some(self.clear());
        };
        list.extend(scopes, found.latest);
        self.listed_revocations = self.listed_revocations.max(announced);
        let limit = (self.size.sessions / 4).clamp(*LISTED_TENANTS.start(), *LISTED_TENANTS.end());
        if list.len() > limit {
            self.compact_revocations();
        }
        self.evict(max_bytes);
        None
    }

    /// Checks every cached session against the list, then starts the list again.
    fn compact_revocations(&mut self) {
        let Some(list) = self.revocations.take() else { return };
        let mut size = CacheSize::default();
        self.users.retain(|_, user| {
            user.sessions.retain_mut(|session| {
                let is_over = |pass: &Arc<LiveSession>| !list.admits(session.checked_generation, &pass.tenant);
                if matches!(&session.entry, CacheEntry::Live(pass) if is_over(pass)) {
                    return false;
                }
                session.checked_generation = session.checked_generation.max(list.latest());
                true
            });
            user.update_weight();
            size.sessions += user.sessions.len();
            size.bytes += if user.sessions.is_empty() { 0 } else { user.weight };
            !user.sessions.is_empty()
        });
        self.size = size;
        self.revocations = Some(RecentRevocations::new(list.latest()));
    }

    fn evict(&mut self, max_bytes: usize) {
        while self.size().bytes > max_bytes {
            let Some((handle, user)) = self.users.remove_lru() else { break };
            if user.is_used {
                self.users.insert(handle, CachedUser { is_used: false, ..user });
            } else {
                self.subtract_size(&user);
            }
        }
        if self.users.is_empty() {
            self.revocations = None;
        }
    }

    /// Evicts a user whose sessions have changed.
    pub(super) fn invalidate_user(&mut self, handle: UserHandle) {
        self.invalidations += 1;
        self.remove_user(handle);
    }

    /// Records activity that was written to the store. If the session is not cached as active, a read in flight may
    /// have missed the activity, so its result is not cached.
    pub(super) fn record_activity(&mut self, id: SessionId, at: UnixMillis) {
        let sessions = self.users.peek(&id.handle).map(|user| user.sessions.as_slice()).unwrap_or_default();
        match sessions.iter().find(|session| session.unique == id.unique).map(|session| &session.entry) {
            Some(CacheEntry::Live(pass)) => pass.record_activity(at),
            _ => self.invalidations += 1,
        }
    }

    /// Announces a mass revocation, or the possibility of one. Reads in flight may still be cached, because the list
    /// will contain the revocation.
    pub(super) fn announce_revocation(&mut self) {
        self.announced_revocations += 1;
    }

    /// Evicts all entries and returns them. The caller drops them without the lock, because that takes time.
    #[must_use]
    pub(super) fn clear(&mut self) -> impl Sized + use<> {
        self.invalidations += 1;
        self.revocations = None;
        self.size = CacheSize::default();
        std::mem::replace(&mut self.users, LruCache::new_unbounded())
    }

    pub(super) fn size(&self) -> CacheSize {
        let listed = self.revocations.as_ref().map_or(0, RecentRevocations::bytes);
        CacheSize { bytes: self.size.bytes + listed, ..self.size }
    }

    fn insert_user(&mut self, handle: UserHandle, mut user: CachedUser) {
        user.update_weight();
        self.size.sessions += user.sessions.len();
        self.size.bytes += user.weight;
        self.users.insert(handle, user);
    }

    fn remove_user(&mut self, handle: UserHandle) -> Option<CachedUser> {
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
        self.weight = USER_OVERHEAD + self.sessions.iter().map(|session| session.entry.weight()).sum::<usize>();
    }
}
