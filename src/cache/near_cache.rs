//! The memory of a node: what it read of sessions, for as long as it is told of changes.

use crate::{
    domain::{Bucket, SessionId, UnixMillis, UserHandle},
    store::{Invalidation, InvalidationListener, Lease, LeaseProof, RevocationsSince, record::Generation},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::shard::{CacheEntry, CacheShard, CacheSize, ShardLookup};

const BUCKETS: usize = 256;

/// Sessions kept in memory, bounded in bytes. It does no I/O and never waits for more than another look-up.
///
/// What it answers is as true as the proof that comes with it: everything told up to then is applied.
pub struct NearCache {
    shards: Box<[Mutex<CacheShard>]>,
    /// Bytes of one bucket.
    max_shard_bytes: usize,
}

/// What a look-up led to.
#[derive(Clone, Debug)]
pub enum CacheLookup {
    /// It is kept, and true as of the proof.
    Hit { entry: CacheEntry, proof: LeaseProof },
    /// It may be kept, but what the lease proves is not enough.
    LeaseTooOld(Arc<Lease>),
    /// It is kept, and a mass revocation that is not listed yet may have ended it: [`NearCache::pending_revocations`].
    RevocationsPending(Arc<Lease>),
    /// It is not kept. What is read from here on may be kept with the ticket.
    Miss(ReadTicket),
    /// Changes of its bucket are not told, so nothing of it is kept.
    NotTracked,
}

/// Taken before a read; what was read is kept only if nothing changed since then.
#[derive(Clone, Debug)]
pub struct ReadTicket {
    pub lease: Arc<Lease>,
    invalidations: u64,
    announced_revocations: u64,
}

/// Two tickets are the same if nothing was told between them, mass revocations included.
impl PartialEq for ReadTicket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.lease, &other.lease)
            && self.invalidations == other.invalidations
            && self.announced_revocations == other.announced_revocations
    }
}

/// Taken before the mass revocations of a bucket are read; those that are announced meanwhile stay pending.
#[derive(Clone, Debug)]
pub struct RevocationsTicket {
    pub bucket: Bucket,
    /// The generation after which they are to be read.
    pub since: Generation,
    lease: Arc<Lease>,
    announced_revocations: u64,
}

impl NearCache {
    /// Keeps no more than `bytes`, the same share of each bucket.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { shards: (0..BUCKETS).map(|_| Mutex::new(CacheShard::new())).collect(), max_shard_bytes: bytes / BUCKETS }
    }

    /// The lease that changes of a bucket are told under.
    pub fn lease(&self, bucket: Bucket) -> Option<Arc<Lease>> {
        self.shard(bucket).lease.clone()
    }

    /// What is kept of a session, under a proof that is enough.
    pub fn look_up(&self, id: SessionId, is_enough: impl Fn(LeaseProof) -> bool) -> CacheLookup {
        let mut shard = self.shard(id.handle.bucket());
        let Some(lease) = &shard.lease else { return CacheLookup::NotTracked };
        lease.mark_used();
        // First the proof, then what it is to prove: what is told in between is not missed.
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
            // And the time last: however long this was held up, the proof is judged by when it is used.
            ShardLookup::Hit(_) if !is_enough(proof) => CacheLookup::LeaseTooOld(Arc::clone(lease)),
            ShardLookup::Hit(known) => CacheLookup::Hit { entry: known, proof },
        }
    }

    /// Caches the result of a read unless the session changed since the ticket was taken. Of a live session, `checked` is the
    /// latest generation of its bucket when it was read. Returns whether it is cached.
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

    /// Lists the mass revocations that were read with the ticket.
    pub fn apply_revocations(&self, ticket: &RevocationsTicket, found: &RevocationsSince) {
        let _forgotten = {
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

    /// Forgets what it has of a user: for whoever changed it and is about to say so.
    pub fn invalidate_user(&self, handle: UserHandle) {
        self.shard(handle.bucket()).invalidate_user(handle);
    }

    /// Takes note of activity that was stored.
    pub fn record_activity(&self, id: SessionId, at: UnixMillis) {
        self.shard(id.handle.bucket()).record_activity(id, at);
    }

    /// Announces a mass revocation of all buckets: for whoever carried it out and is about to say so.
    pub fn announce_revocations(&self) {
        for bucket in &self.shards {
            lock_shard(bucket).announce_revocation();
        }
    }
}

impl InvalidationListener for NearCache {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _forgotten = {
            let mut shard = self.shard(bucket);
            shard.lease = Some(Arc::clone(lease));
            shard.clear()
        };
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _forgotten = {
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
                let _forgotten = { self.shard(bucket).clear() };
            }
        }
    }
}

fn lock_shard(bucket: &Mutex<CacheShard>) -> MutexGuard<'_, CacheShard> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}
