//! The memory of a node: what it read of sessions, for as long as it is told of changes.

use crate::{
    domain::{Bucket, SessionId, UnixMillis, UserHandle},
    store::{Change, ChangeListener, Lease, Proof, RevocationsSince, record::Generation},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::kept::{Entry, Kept, Known, Size};

const BUCKETS: usize = 256;

/// Sessions kept in memory, bounded in bytes. It does no I/O and never waits for more than another look-up.
///
/// What it answers is as true as the proof that comes with it: everything told up to then is applied.
pub struct NearCache {
    buckets: Box<[Mutex<Kept>]>,
    /// Bytes of one bucket.
    most: usize,
}

/// What a look-up led to.
#[derive(Clone, Debug)]
pub enum Look {
    /// It is kept, and true as of the proof.
    Known { known: Known, proof: Proof },
    /// It may be kept, but what the lease proves is not enough.
    Unproven(Arc<Lease>),
    /// It is kept, and a mass revocation that is not listed yet may have ended it: [`NearCache::pending_revocations`].
    RevocationsPending(Arc<Lease>),
    /// It is not kept. What is read from here on may be kept with the ticket.
    Unknown(Ticket),
    /// Changes of its bucket are not told, so nothing of it is kept.
    Untold,
}

/// Taken before a read; what was read is kept only if nothing changed since then.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub lease: Arc<Lease>,
    changes: u64,
    announced: u64,
}

/// Two tickets are the same if nothing was told between them, mass revocations included.
impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.lease, &other.lease) && self.changes == other.changes && self.announced == other.announced
    }
}

/// Taken before the mass revocations of a bucket are read; those that are announced meanwhile stay pending.
#[derive(Clone, Debug)]
pub struct RevocationsTicket {
    pub bucket: Bucket,
    /// The generation after which they are to be read.
    pub since: Generation,
    lease: Arc<Lease>,
    announced: u64,
}

impl NearCache {
    /// Keeps no more than `bytes`, the same share of each bucket.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { buckets: (0..BUCKETS).map(|_| Mutex::new(Kept::new())).collect(), most: bytes / BUCKETS }
    }

    /// The lease that changes of a bucket are told under.
    pub fn lease(&self, bucket: Bucket) -> Option<Arc<Lease>> {
        self.kept(bucket).lease.clone()
    }

    /// What is kept of a session, under a proof that is enough.
    pub fn look(&self, id: SessionId, is_enough: impl Fn(Proof) -> bool) -> Look {
        let mut kept = self.kept(id.handle.bucket());
        let Some(lease) = &kept.lease else { return Look::Untold };
        lease.note_use();
        // First the proof, then what it is to prove: what is told in between is not missed.
        let proof = lease.proof();
        let entry = kept.find(id);
        let Some(lease) = &kept.lease else { return Look::Untold };
        match entry {
            Entry::Absent => {
                Look::Unknown(Ticket { lease: Arc::clone(lease), changes: kept.changes, announced: kept.announced })
            }
            Entry::RevocationsPending => Look::RevocationsPending(Arc::clone(lease)),
            // And the time last: however long this was held up, the proof is judged by when it is used.
            Entry::Found(_) if !is_enough(proof) => Look::Unproven(Arc::clone(lease)),
            Entry::Found(known) => Look::Known { known, proof },
        }
    }

    /// Caches the result of a read unless the session changed since the ticket was taken. Of a live session, `checked` is the
    /// latest generation of its bucket when it was read. Returns whether it is cached.
    pub fn keep(&self, ticket: &Ticket, id: SessionId, known: Known, checked: Option<Generation>) -> bool {
        let mut kept = self.kept(id.handle.bucket());
        let same = kept.lease.as_ref().is_some_and(|lease| Arc::ptr_eq(lease, &ticket.lease));
        if !same || kept.changes != ticket.changes {
            return false;
        }
        kept.keep(id, known, checked, ticket.announced, self.most)
    }

    /// Returns a ticket for each bucket of `lease` whose cached sessions wait for mass revocations to be listed.
    #[must_use]
    pub fn pending_revocations(&self, lease: &Arc<Lease>) -> Vec<RevocationsTicket> {
        Bucket::all().filter_map(|bucket| self.pending_revocations_of(bucket, lease)).collect()
    }

    /// Returns a ticket if cached sessions of the bucket wait for mass revocations to be listed.
    #[must_use]
    pub fn pending_revocations_of(&self, bucket: Bucket, lease: &Arc<Lease>) -> Option<RevocationsTicket> {
        let kept = self.kept(bucket);
        kept.lease.as_ref().filter(|attached| Arc::ptr_eq(attached, lease))?;
        let (since, announced) = (kept.unlisted_since()?, kept.announced);
        Some(RevocationsTicket { bucket, since, lease: Arc::clone(lease), announced })
    }

    /// Lists the mass revocations that were read with the ticket.
    pub fn list_revocations(&self, ticket: &RevocationsTicket, found: &RevocationsSince) {
        let _forgotten = {
            let mut kept = self.kept(ticket.bucket);
            if !kept.lease.as_ref().is_some_and(|lease| Arc::ptr_eq(lease, &ticket.lease)) {
                return;
            }
            kept.list(found, ticket.since, ticket.announced, self.most)
        };
    }

    #[must_use]
    pub fn size(&self) -> Size {
        self.buckets.iter().map(|bucket| lock(bucket).size()).fold(Size::default(), |all, one| Size {
            sessions: all.sessions + one.sessions,
            bytes: all.bytes + one.bytes,
        })
    }

    fn kept(&self, bucket: Bucket) -> MutexGuard<'_, Kept> {
        lock(&self.buckets[usize::from(bucket.0)])
    }

    /// Forgets what it has of a user: for whoever changed it and is about to say so.
    pub fn forget(&self, handle: UserHandle) {
        self.kept(handle.bucket()).forget(handle);
    }

    /// Takes note of activity that was stored.
    pub fn was_active(&self, id: SessionId, at: UnixMillis) {
        self.kept(id.handle.bucket()).was_active(id, at);
    }

    /// Announces a mass revocation of all buckets: for whoever carried it out and is about to say so.
    pub fn announce_revocations(&self) {
        for bucket in &self.buckets {
            lock(bucket).announce_revocation();
        }
    }
}

impl ChangeListener for NearCache {
    fn attached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _forgotten = {
            let mut kept = self.kept(bucket);
            kept.lease = Some(Arc::clone(lease));
            kept.forget_all()
        };
    }

    fn detached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let _forgotten = {
            let mut kept = self.kept(bucket);
            if !kept.lease.as_ref().is_some_and(|known| Arc::ptr_eq(known, lease)) {
                return;
            }
            kept.lease = None;
            kept.forget_all()
        };
    }

    fn changed(&self, change: Change) {
        match change {
            Change::User(handle) => self.forget(handle),
            Change::Generations(bucket) => self.kept(bucket).announce_revocation(),
            Change::Bucket(bucket) => {
                let _forgotten = { self.kept(bucket).forget_all() };
            }
        }
    }
}

fn lock(bucket: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}
