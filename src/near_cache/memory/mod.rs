//! The sessions and denied JWT IDs that a node keeps in memory, for as long as it receives their invalidations.

mod denylist;
mod lookup;
mod revocations;
mod shard;
mod users;

use self::shard::CacheShard;
use super::{
    session_read::SessionStatus,
    source::{BucketDenylist, Invalidation, InvalidationListener, Lease, LeaseProof, RevocationsSince},
};
use crate::{
    domain::{Bucket, SessionId, UnixMillis, UserHandle},
    store::record::Generation,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use self::{
    denylist::{DenylistLookup, DenylistTicket},
    lookup::{CacheLookup, ReadTicket, RevocationsTicket},
    users::CacheSize,
};

const BUCKETS: usize = 256;

/// A cache of sessions, bounded in bytes, and of denylists, bounded by their stored size. It does no I/O and never waits for more than another look-up.
///
/// A hit is valid as of the lease proof that comes with it: every invalidation up to that time has been applied.
pub struct CacheMemory {
    shards: Box<[Mutex<CacheShard>]>,
}

impl CacheMemory {
    /// Creates a cache with sessions of at most `bytes`. Each bucket has the same share.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { shards: (0..BUCKETS).map(|_| Mutex::new(CacheShard::new(bytes / BUCKETS))).collect() }
    }

    /// Returns the lease under which the invalidations of a bucket arrive. `None`: the bucket is not tracked.
    pub fn lease(&self, bucket: Bucket) -> Option<Arc<Lease>> {
        self.shard(bucket).lease().cloned()
    }

    /// Looks up a session. A cached one is a hit only if `is_enough` accepts the lease proof.
    pub fn look_up(&self, id: SessionId, is_enough: impl Fn(LeaseProof) -> bool) -> CacheLookup {
        self.shard(id.handle.bucket()).look_up(id, is_enough)
    }

    /// Caches the result of a read, unless an invalidation has arrived since `ticket` was taken. `latest` is the latest
    /// generation of the session's bucket at the time of the read. Returns whether the session was cached. One that was
    /// mass-revoked never is.
    pub fn insert(&self, ticket: &ReadTicket, id: SessionId, status: SessionStatus, latest: Generation) -> bool {
        self.shard(id.handle.bucket()).insert(ticket, id, status, latest)
    }

    /// Looks up the denylist of a bucket. A cached one is a hit only if `is_enough` accepts the lease proof.
    pub fn look_up_denylist(&self, bucket: Bucket, is_enough: impl Fn(LeaseProof) -> bool) -> DenylistLookup {
        self.shard(bucket).look_up_denylist(is_enough)
    }

    /// Caches the denylist of a bucket, unless an invalidation has arrived since `ticket` was taken. Returns whether it
    /// was cached.
    pub fn insert_denylist(&self, ticket: &DenylistTicket, bucket: Bucket, list: &Arc<BucketDenylist>) -> bool {
        self.shard(bucket).insert_denylist(ticket, list)
    }

    /// Drops the denylist of a bucket. A caller that changed it calls this before it acknowledges the change.
    pub fn invalidate_denylist(&self, bucket: Bucket) {
        self.shard(bucket).invalidate_denylist();
    }

    /// Returns a ticket for each bucket of `lease` whose cached sessions wait for mass revocations to be listed.
    #[must_use]
    pub fn pending_revocations(&self, lease: &Arc<Lease>) -> Vec<RevocationsTicket> {
        Bucket::all().filter_map(|bucket| self.pending_revocations_of(bucket, lease)).collect()
    }

    /// Returns a ticket if cached sessions of the bucket wait for mass revocations to be listed.
    #[must_use]
    pub fn pending_revocations_of(&self, bucket: Bucket, lease: &Arc<Lease>) -> Option<RevocationsTicket> {
        self.shard(bucket).pending_revocations(bucket, lease)
    }

    /// Adds the mass revocations that were read with `ticket` to the list. Does nothing if its lease is no longer
    /// attached.
    pub fn apply_revocations(&self, ticket: &RevocationsTicket, found: &RevocationsSince) {
        let _evicted = { self.shard(ticket.bucket).apply_revocations(ticket, found) };
    }

    #[must_use]
    pub fn size(&self) -> CacheSize {
        self.shards.iter().map(|shard| lock(shard).total_size()).fold(CacheSize::default(), |all, one| CacheSize {
            sessions: all.sessions + one.sessions,
            denied_jwts: all.denied_jwts + one.denied_jwts,
            bytes: all.bytes + one.bytes,
        })
    }

    /// Evicts the sessions of a user. A caller that changed them calls this before it acknowledges the change.
    pub fn invalidate_user(&self, handle: UserHandle) {
        self.shard(handle.bucket()).invalidate_user(handle);
    }

    /// Records activity that was written to the store.
    pub fn record_activity(&self, id: SessionId, at: UnixMillis) {
        self.shard(id.handle.bucket()).record_activity(id, at);
    }

    /// Announces a mass revocation to all buckets. A caller that carried one out calls this before it acknowledges it.
    pub fn announce_revocations(&self) {
        for shard in &self.shards {
            lock(shard).announce_revocation();
        }
    }

    fn shard(&self, bucket: Bucket) -> MutexGuard<'_, CacheShard> {
        lock(&self.shards[usize::from(bucket.0)])
    }
}

/// The evicted sessions are dropped without the lock.
impl InvalidationListener for CacheMemory {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _evicted = { self.shard(bucket).attach(lease) };
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _evicted = { self.shard(bucket).detach(lease) };
    }

    fn invalidate(&self, change: Invalidation) {
        match change {
            Invalidation::User(handle) => self.invalidate_user(handle),
            Invalidation::Generations(bucket) => self.shard(bucket).announce_revocation(),
            Invalidation::Denylist(bucket) => self.invalidate_denylist(bucket),
            Invalidation::Bucket(bucket) => {
                let _evicted = { self.shard(bucket).clear() };
            }
        }
    }
}

fn lock(shard: &Mutex<CacheShard>) -> MutexGuard<'_, CacheShard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
