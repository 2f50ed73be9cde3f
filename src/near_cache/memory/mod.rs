//! The sessions that a node keeps in memory, for as long as it receives their invalidations.

mod revocations;
mod shard;

use crate::{
    domain::{Bucket, SessionId, UnixMillis, UserHandle},
    near_cache::source::{Invalidation, InvalidationListener, Lease, LeaseProof, RevocationsSince},
    store::record::Generation,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use self::shard::{CacheShard, ShardLookup};

pub use shard::{CacheEntry, CacheSize};

const BUCKETS: usize = 256;

/// A cache of sessions, bounded in bytes. It does no I/O and never waits for more than another look-up.
///
/// A hit is valid as of the lease proof that comes with it: every invalidation up to that time has been applied.
pub struct NearCache {
    shards: Box<[Mutex<CacheShard>]>,
    /// The limit of one bucket, in bytes.
    max_shard_bytes: usize,
}

/// The result of a look-up.
#[derive(Clone, Debug)]
pub enum CacheLookup {
    /// The session is cached, and the entry is valid as of the proof.
    Hit { entry: CacheEntry, proof: LeaseProof },
    /// The session may be cached, but its lease does not prove the entry fresh enough.
    LeaseTooOld(Arc<Lease>),
    /// The session is cached, but a mass revocation that is not listed yet may have ended it. Read the revocations of
    /// [`NearCache::pending_revocations`] first.
    RevocationsPending(Arc<Lease>),
    /// The session is not cached. The result of a read that starts now may be cached with the ticket.
    Miss(ReadTicket),
    /// The bucket is not tracked, so none of its sessions is cached.
    NotTracked,
}

/// A marker taken before a read. The result is cached only if no invalidation has arrived since.
#[derive(Clone, Debug)]
pub struct ReadTicket {
    pub lease: Arc<Lease>,
    invalidations: u64,
    announced_revocations: u64,
}

/// Two tickets are equal if no invalidation arrived between them, mass revocations included.
impl PartialEq for ReadTicket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.lease, &other.lease)
            && self.invalidations == other.invalidations
            && self.announced_revocations == other.announced_revocations
    }
}

/// A marker taken before the mass revocations of a bucket are read. Revocations announced meanwhile stay pending.
#[derive(Clone, Debug)]
pub struct RevocationsTicket {
    pub bucket: Bucket,
    /// The generation after which revocations are to be read.
    pub since: Generation,
    lease: Arc<Lease>,
    announced_revocations: u64,
}

impl NearCache {
    /// Creates a cache of at most `bytes`. Each bucket has the same share.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { shards: (0..BUCKETS).map(|_| Mutex::new(CacheShard::new())).collect(), max_shard_bytes: bytes / BUCKETS }
    }

    /// Returns the lease under which the invalidations of a bucket arrive. `None`: the bucket is not tracked.
    pub fn lease(&self, bucket: Bucket) -> Option<Arc<Lease>> {
        self.shard(bucket).lease.clone()
    }

    /// Looks up a session. A cached one is a hit only if `is_enough` accepts the lease proof.
    pub fn look_up(&self, id: SessionId, is_enough: impl Fn(LeaseProof) -> bool) -> CacheLookup {
        let mut shard = self.shard(id.handle.bucket());
        let Some(lease) = &shard.lease else { return CacheLookup::NotTracked };
        lease.mark_used();
        // The proof is taken before the entry is read, so that an invalidation in between is not missed.
        let proof = lease.proof();
        let entry = shard.find(id);
        let Some(lease) = &shard.lease else { return CacheLookup::NotTracked };
        match entry {
            ShardLookup::Miss => CacheLookup::Miss(ReadTicket {
                lease: Arc::clone(lease),
                invalidations: shard.invalidations,
                announced_revocations: shard.announced_revocations,
            }),
            ShardLookup::RevocationsPending => CacheLookup::RevocationsPending(Arc::clone(lease)),
            // The clock is read last: however long the look-up was delayed, the proof is judged at the time of its use.
            ShardLookup::Hit(_) if !is_enough(proof) => CacheLookup::LeaseTooOld(Arc::clone(lease)),
            ShardLookup::Hit(known) => CacheLookup::Hit { entry: known, proof },
        }
    }

    /// Caches the result of a read, unless an invalidation has arrived since `ticket` was taken. For an active session,
    /// `checked` is the latest generation of its bucket at the time of the read. Returns whether the entry was cached.
    pub fn insert(&self, ticket: &ReadTicket, id: SessionId, entry: CacheEntry, checked: Option<Generation>) -> bool {
        let mut shard = self.shard(id.handle.bucket());
        let same = shard.lease.as_ref().is_some_and(|lease| Arc::ptr_eq(lease, &ticket.lease));
        if !same || shard.invalidations != ticket.invalidations {
            return false;
        }
        shard.insert_session(id, entry, checked, ticket.announced_revocations, self.max_shard_bytes)
    }

    /// Returns a ticket for each bucket of `lease` whose cached sessions wait for mass revocations to be listed.
    #[must_use]
    pub fn pending_revocations(&self, lease: &Arc<Lease>) -> Vec<RevocationsTicket> {
        Bucket::all().filter_map(|bucket| self.pending_revocations_of(bucket, lease)).collect()
    }

    /// Returns a ticket if cached sessions of the bucket wait for mass revocations to be listed.
    #[must_use]
    pub fn pending_revocations_of(&self, bucket: Bucket, lease: &Arc<Lease>) -> Option<RevocationsTicket> {
        let shard = self.shard(bucket);
        shard.lease.as_ref().filter(|attached| Arc::ptr_eq(attached, lease))?;
        let (since, announced) = (shard.unlisted_since()?, shard.announced_revocations);
        Some(RevocationsTicket { bucket, since, lease: Arc::clone(lease), announced_revocations: announced })
    }

    /// Adds the mass revocations that were read with `ticket` to the list. Does nothing if its lease is no longer
    /// attached.
    pub fn apply_revocations(&self, ticket: &RevocationsTicket, found: &RevocationsSince) {
        let _evicted = {
            let mut shard = self.shard(ticket.bucket);
            if !shard.lease.as_ref().is_some_and(|lease| Arc::ptr_eq(lease, &ticket.lease)) {
                return;
            }
            shard.apply_revocations(found, ticket.since, ticket.announced_revocations, self.max_shard_bytes)
        };
    }

    #[must_use]
    pub fn size(&self) -> CacheSize {
        self.shards.iter().map(|bucket| lock_shard(bucket).size()).fold(CacheSize::default(), |all, one| CacheSize {
            sessions: all.sessions + one.sessions,
            bytes: all.bytes + one.bytes,
        })
    }

    fn shard(&self, bucket: Bucket) -> MutexGuard<'_, CacheShard> {
        lock_shard(&self.shards[usize::from(bucket.0)])
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
        for bucket in &self.shards {
            lock_shard(bucket).announce_revocation();
        }
    }
}

impl InvalidationListener for NearCache {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _evicted = {
            let mut shard = self.shard(bucket);
            shard.lease = Some(Arc::clone(lease));
            shard.clear()
        };
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _evicted = {
            let mut shard = self.shard(bucket);
            if !shard.lease.as_ref().is_some_and(|known| Arc::ptr_eq(known, lease)) {
                return;
            }
            shard.lease = None;
            shard.clear()
        };
    }

    fn invalidate(&self, change: Invalidation) {
        match change {
            Invalidation::User(handle) => self.invalidate_user(handle),
            Invalidation::Generations(bucket) => self.shard(bucket).announce_revocation(),
            Invalidation::Bucket(bucket) => {
                let _evicted = { self.shard(bucket).clear() };
            }
        }
    }
}

fn lock_shard(bucket: &Mutex<CacheShard>) -> MutexGuard<'_, CacheShard> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}
