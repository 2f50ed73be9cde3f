//! Look-ups, and the tickets with which the results of reads are added.

use crate::{
    domain::Bucket,
    near_cache::{
        session_read::SessionStatus,
        source::{Lease, LeaseProof},
    },
    store::record::Generation,
    sync::Arc,
};

/// The result of a look-up.
#[derive(Clone, Debug)]
pub enum CacheLookup {
    /// The session is cached, and its status is valid as of the proof.
    Hit { status: SessionStatus, proof: LeaseProof },
    /// The session may be cached, but its lease does not prove it fresh enough.
    LeaseTooOld(Arc<Lease>),
    /// The session is cached, but a mass revocation that is not listed yet may have ended it. Read the revocations of
    /// [`CacheMemory::pending_revocations`](super::CacheMemory::pending_revocations) first.
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
    pub(super) invalidations: u64,
    pub(super) announced_revocations: u64,
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
    pub(super) lease: Arc<Lease>,
    pub(super) announced_revocations: u64,
}
