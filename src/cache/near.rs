//! The memory of a node: what it read of sessions, for as long as it is told of changes.

use crate::{
    domain::{Bucket, SessionId, TenantId, UnixMillis, UserHandle},
    store::{Change, ChangeListener, Lease, Proof, Raised},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::kept::{Kept, Known, Size};

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
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.lease, &other.lease) && self.changes == other.changes
    }
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
        let Some(known) = kept.known(id) else {
            return match &kept.lease {
                Some(lease) => Look::Unknown(Ticket { lease: Arc::clone(lease), changes: kept.changes }),
                None => Look::Untold,
            };
        };
        // And the time last: however long this was held up, the proof is judged by when it is used.
        match &kept.lease {
            Some(lease) if !is_enough(proof) => Look::Unproven(Arc::clone(lease)),
            _ => Look::Known { known, proof },
        }
    }

    /// Keeps what was read of a session, of which tenant and generation if it is there, unless something changed since
    /// the ticket was taken. Answers whether it is kept.
    pub fn keep(&self, ticket: &Ticket, id: SessionId, known: Known, raised: Option<(&TenantId, Raised)>) -> bool {
        let mut kept = self.kept(id.handle.bucket());
        let same = kept.lease.as_ref().is_some_and(|lease| Arc::ptr_eq(lease, &ticket.lease));
        if !same || kept.changes != ticket.changes {
            return false;
        }
        if let Some((tenant, raised)) = raised {
            kept.raised(tenant, raised);
        }
        kept.keep(id, known, self.most);
        true
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

    /// Asks again how far mass revocations have gone.
    pub fn forget_generations(&self) {
        for bucket in &self.buckets {
            lock(bucket).forget_generations();
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
            Change::Generations(bucket) => self.kept(bucket).forget_generations(),
            Change::Bucket(bucket) => {
                let _forgotten = { self.kept(bucket).forget_all() };
            }
        }
    }
}

fn lock(bucket: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}
