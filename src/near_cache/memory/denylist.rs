//! The cached denylist of one bucket.

use crate::{
    near_cache::source::{BucketDenylist, Lease, LeaseProof},
    sync::Arc,
};

/// The denylist of one bucket, cached as a whole: an ID that is not in it is not denied.
#[derive(Default)]
pub(super) struct CachedBucketDenylist {
    /// A counter of invalidations. It shows that a read in flight during one of them is outdated.
    invalidations: u64,
    /// `None`: the list is not cached.
    list: Option<Arc<BucketDenylist>>,
}

/// The result of looking up the denylist of a bucket.
#[derive(Clone, Debug)]
pub enum DenylistLookup {
    /// The list is cached, and valid as of the proof.
    Hit { list: Arc<BucketDenylist>, proof: LeaseProof },
    /// The list is cached, but its lease does not prove it fresh enough.
    LeaseTooOld(Arc<Lease>),
    /// The list is not cached. The result of a read that starts now may be cached with the ticket.
    Miss(DenylistTicket),
    /// The bucket is not tracked, so its list is not cached.
    NotTracked,
}

/// A marker taken before a denylist is read. The result is cached only if no invalidation has arrived since.
#[derive(Clone, Debug)]
pub struct DenylistTicket {
    pub lease: Arc<Lease>,
    invalidations: u64,
}

/// Two tickets are equal if no invalidation arrived between them.
impl PartialEq for DenylistTicket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.lease, &other.lease) && self.invalidations == other.invalidations
    }
}

impl CachedBucketDenylist {
    /// Looks up the list under `lease`. A cached one is a hit only if `is_enough` accepts the lease proof.
    pub(super) fn look_up(&self, lease: &Arc<Lease>, is_enough: impl Fn(LeaseProof) -> bool) -> DenylistLookup {
        // The proof is taken before the list, so that an invalidation in between is not missed.
        let proof = lease.proof();
        match &self.list {
            None => {
                DenylistLookup::Miss(DenylistTicket { lease: Arc::clone(lease), invalidations: self.invalidations })
            }
            Some(list) if is_enough(proof) => DenylistLookup::Hit { list: Arc::clone(list), proof },
            Some(_) => DenylistLookup::LeaseTooOld(Arc::clone(lease)),
        }
    }

    /// Caches the result of a read under `ticket`. Returns `false` and caches nothing if an invalidation has arrived
    /// since.
    pub(super) fn insert(&mut self, ticket: &DenylistTicket, list: Arc<BucketDenylist>) -> bool {
        let is_current = self.invalidations == ticket.invalidations;
        if is_current {
            self.list = Some(list);
        }
        is_current
    }

    pub(super) fn invalidate(&mut self) {
        self.invalidations += 1;
        self.list = None;
    }

    pub(super) fn list(&self) -> Option<&BucketDenylist> {
        self.list.as_deref()
    }
}
