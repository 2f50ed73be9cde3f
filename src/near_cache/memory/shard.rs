//! The cached sessions and denylist of one bucket, and the state that decides whether they are still valid.

use std::ops::RangeInclusive;

use super::{
    denylist::{CachedBucketDenylist, DenylistLookup, DenylistTicket},
    lookup::{CacheLookup, ReadTicket, RevocationsTicket},
    revocations::RecentRevocations,
    users::{CacheSize, CachedUsers},
};
use crate::{
    domain::{Bucket, SessionId, UnixMillis, UserHandle},
    near_cache::{
        session_read::SessionStatus,
        source::{BucketDenylist, Lease, LeaseProof, RevocationsSince},
    },
    store::record::Generation,
    sync::Arc,
};

/// The bounds of the number of revoked tenants listed for a bucket, which is a quarter of its sessions in between.
/// Beyond that number, every cached session is checked against the list, and the list starts again. This costs each
/// revocation no more than the check of a few sessions, however many revocations and sessions there are.
const LISTED_TENANTS: RangeInclusive<usize> = 16..=4_096;

/// The cache of one bucket.
pub(super) struct CacheShard {
    /// The limit of the size of the sessions, in bytes.
    max_bytes: usize,
    /// The lease under which invalidations arrive. `None`: the bucket is not tracked, and nothing is cached.
    lease: Option<Arc<Lease>>,
    /// A counter of invalidations. It shows that a read in flight during one of them is outdated.
    invalidations: u64,
    /// The number of mass revocations announced so far.
    announced_revocations: u64,
    /// The value of `announced_revocations` up to which the list is complete.
    listed_revocations: u64,
    /// The list of mass revocations. `None`: no cached session could be ended by one.
    revocations: Option<RecentRevocations>,
    users: CachedUsers,
    denylist: CachedBucketDenylist,
}

impl CacheShard {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            lease: None,
            invalidations: 0,
            announced_revocations: 0,
            listed_revocations: 0,
            revocations: None,
            users: CachedUsers::new(),
            denylist: CachedBucketDenylist::default(),
        }
    }

    pub(super) const fn lease(&self) -> Option<&Arc<Lease>> {
        self.lease.as_ref()
    }

    /// Returns the size of the sessions and of the denylist.
    pub(super) fn total_size(&self) -> CacheSize {
        let (sessions, list) = (self.size(), self.denylist.list());
        CacheSize {
            denied_jwts: list.map_or(0, BucketDenylist::len),
            bytes: sessions.bytes + list.map_or(0, BucketDenylist::bytes),
            ..sessions
        }
    }

    /// Returns the size of the sessions.
    fn size(&self) -> CacheSize {
        let size = self.users.size();
        CacheSize { bytes: size.bytes + self.revocations.as_ref().map_or(0, RecentRevocations::bytes), ..size }
    }

    /// Looks up a session. A session that a mass revocation has ended is a miss.
    pub(super) fn look_up(&mut self, id: SessionId, is_enough: impl Fn(LeaseProof) -> bool) -> CacheLookup {
        let Some(lease) = &self.lease else { return CacheLookup::NotTracked };
        lease.mark_used();
        // The proof is taken before the session is read, so that an invalidation in between is not missed.
        let proof = lease.proof();
        let miss = || {
            CacheLookup::Miss(ReadTicket {
                lease: Arc::clone(lease),
                invalidations: self.invalidations,
                announced_revocations: self.announced_revocations,
            })
        };
        let Some(session) = self.users.find(id) else { return miss() };
        if let SessionStatus::Live(live) = &session.status {
            if self.listed_revocations != self.announced_revocations {
                return CacheLookup::RevocationsPending(Arc::clone(lease));
            }
            let Some(revocations) = &self.revocations else { return miss() };
            if !revocations.admits(session.checked_generation, &live.tenant) {
                return miss();
            }
            session.checked_generation = session.checked_generation.max(revocations.latest());
        }
        let status = session.status.clone();
        // The clock is read last: however long the look-up was delayed, the proof is judged at the time of its use.
        if is_enough(proof) { CacheLookup::Hit { status, proof } } else { CacheLookup::LeaseTooOld(Arc::clone(lease)) }
    }

    /// Caches the result of a read, and evicts the least recently used users until the limit is kept. `latest` is the
    /// latest generation of the bucket at the time of the read.
    ///
    /// Returns `false` and caches nothing if an invalidation has arrived since `ticket` was taken, or if the list does
    /// not cover every revocation that may end an active session.
    pub(super) fn insert(
        &mut self,
        ticket: &ReadTicket,
        id: SessionId,
        status: SessionStatus,
        latest: Generation,
    ) -> bool {
        if !self.is_attached(&ticket.lease) || self.invalidations != ticket.invalidations {
            return false;
        }
        let is_valid = match &status {
            SessionStatus::Live(_) => self.extend_coverage(latest, ticket.announced_revocations),
            SessionStatus::Ended(_) | SessionStatus::Missing => true,
            // The session is still stored. Its tombstone, which the sweep leaves, is cached instead.
            SessionStatus::MassRevoked(..) => false,
        };
        if is_valid {
            self.users.insert(id, status, latest);
            self.evict();
        }
        is_valid
    }

    /// Looks up the denylist.
    pub(super) fn look_up_denylist(&self, is_enough: impl Fn(LeaseProof) -> bool) -> DenylistLookup {
        let Some(lease) = &self.lease else { return DenylistLookup::NotTracked };
        lease.mark_used();
        self.denylist.look_up(lease, is_enough)
    }

    /// Caches the denylist. Returns `false` and caches nothing if an invalidation has arrived since `ticket` was taken.
    pub(super) fn insert_denylist(&mut self, ticket: &DenylistTicket, list: &Arc<BucketDenylist>) -> bool {
        self.is_attached(&ticket.lease) && self.denylist.insert(ticket, Arc::clone(list))
    }

    /// Drops the denylist, which has changed.
    pub(super) fn invalidate_denylist(&mut self) {
        self.denylist.invalidate();
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

    /// Returns a ticket for the mass revocations of this `bucket` that cached sessions wait for. `None`: the list is
    /// complete, no session depends on it, or another lease is attached.
    pub(super) fn pending_revocations(&self, bucket: Bucket, lease: &Arc<Lease>) -> Option<RevocationsTicket> {
        let list = self.revocations.as_ref().filter(|_| self.is_attached(lease))?;
        let is_pending = self.listed_revocations != self.announced_revocations && !self.users.is_empty();
        is_pending.then(|| RevocationsTicket {
            bucket,
            since: list.latest(),
            lease: Arc::clone(lease),
            announced_revocations: self.announced_revocations,
        })
    }

    /// Adds the mass revocations that were read with `ticket` to the list, unless its lease is no longer attached.
    /// Returns the evicted users if the bucket had to be cleared.
    pub(super) fn apply_revocations(
        &mut self,
        ticket: &RevocationsTicket,
        found: &RevocationsSince,
    ) -> Option<CachedUsers> {
        let is_attached = self.is_attached(&ticket.lease);
        let list = self.revocations.as_mut().filter(|_| is_attached)?;
        if ticket.since > list.latest() {
            // The list has started again meanwhile, from an earlier generation. It stays incomplete.
            return None;
        }
        let Some(scopes) = found.scopes.as_ref().filter(|_| found.latest >= ticket.since) else {
            // Some revocations are unknown, or the bucket was emptied, so no cached session can be trusted.
            return Some(self.clear());
        };
        list.extend(scopes, found.latest);
        self.listed_revocations = self.listed_revocations.max(ticket.announced_revocations);
        let limit = (self.users.size().sessions / 4).clamp(*LISTED_TENANTS.start(), *LISTED_TENANTS.end());
        if list.len() > limit {
            self.compact_revocations();
        }
        self.evict();
        None
    }

    /// Checks every cached session against the list, then starts the list again.
    fn compact_revocations(&mut self) {
        let Some(list) = self.revocations.take() else { return };
        self.users.retain(|session| {
            if let SessionStatus::Live(live) = &session.status
                && !list.admits(session.checked_generation, &live.tenant)
            {
                return false;
            }
            session.checked_generation = session.checked_generation.max(list.latest());
            true
        });
        self.revocations = Some(RecentRevocations::new(list.latest()));
    }

    fn evict(&mut self) {
        while self.size().bytes > self.max_bytes && self.users.evict_least_recently_used() {}
        if self.users.is_empty() {
            self.revocations = None;
        }
    }

    /// Evicts a user whose sessions have changed.
    pub(super) fn invalidate_user(&mut self, handle: UserHandle) {
        self.invalidations += 1;
        self.users.evict(handle);
    }

    /// Records activity that was written to the store. If the session is not cached as active, a read in flight may
    /// have missed the activity, so its result is not cached.
    pub(super) fn record_activity(&mut self, id: SessionId, at: UnixMillis) {
        match self.users.peek(id) {
            Some(SessionStatus::Live(live)) => live.record_activity(at),
            _ => self.invalidations += 1,
        }
    }

    /// Announces a mass revocation, or the possibility of one. Reads in flight may still be cached, because the list
    /// will contain the revocation.
    pub(super) fn announce_revocation(&mut self) {
        self.announced_revocations += 1;
    }

    /// Attaches a lease. Returns the evicted users, as [`Self::clear`] does.
    pub(super) fn attach(&mut self, lease: &Arc<Lease>) -> CachedUsers {
        self.lease = Some(Arc::clone(lease));
        self.clear()
    }

    /// Detaches the lease, unless another one is attached. Returns the evicted users, as [`Self::clear`] does.
    pub(super) fn detach(&mut self, lease: &Arc<Lease>) -> Option<CachedUsers> {
        self.is_attached(lease).then(|| {
            self.lease = None;
            self.clear()
        })
    }

    /// Drops the denylist, evicts all users and returns them. The caller drops them without the lock, because that takes time.
    #[must_use]
    pub(super) fn clear(&mut self) -> CachedUsers {
        self.invalidations += 1;
        self.denylist.invalidate();
        self.revocations = None;
        std::mem::replace(&mut self.users, CachedUsers::new())
    }

    fn is_attached(&self, lease: &Arc<Lease>) -> bool {
        self.lease.as_ref().is_some_and(|attached| Arc::ptr_eq(attached, lease))
    }
}
