//! A JWT that was denied is not found undenied under a proof of a later time.

use loom::thread::spawn;

use super::{
    explore_interleavings,
    fixture::{AFTER, BEFORE, at},
};
use crate::{
    domain::{Bucket, JwtIdDigest, UnixMillis},
    near_cache::{
        CacheMemory, DenylistLookup, DenylistTicket,
        source::{BucketDenylist, Invalidation, InvalidationListener, Lease, LeaseProof},
    },
    sync::{Arc, Mutex},
};

const ID: JwtIdDigest = JwtIdDigest([7; JwtIdDigest::BYTES]);

/// A store with one JWT, which is not denied yet, the source of its invalidations, and a cache.
struct DenylistModel {
    memory: CacheMemory,
    lease: Arc<Lease>,
    stored: Mutex<Vec<(JwtIdDigest, UnixMillis)>>,
}

impl DenylistModel {
    fn new() -> Arc<Self> {
        let world =
            Self { memory: CacheMemory::new(1 << 20), lease: Arc::new(Lease::new()), stored: Mutex::new(Vec::new()) };
        world.memory.attach(Self::bucket(), &world.lease);
        world.lease.renew(at(BEFORE));
        Arc::new(world)
    }

    const fn bucket() -> Bucket {
        ID.bucket()
    }

    fn deny(&self) {
        self.stored.lock().expect("the store").push((ID, UnixMillis::MAX));
    }

    /// Denies the JWT, sends the invalidation, and then renews the lease.
    fn deny_and_renew_lease(&self) {
        self.deny();
        self.memory.invalidate(Invalidation::Denylist(Self::bucket()));
        self.lease.renew(at(AFTER));
    }

    fn ticket(&self) -> Option<DenylistTicket> {
        match self.memory.look_up_denylist(Self::bucket(), |_| true) {
            DenylistLookup::Miss(ticket) => Some(ticket),
            _ => None,
        }
    }

    fn read(&self) -> Arc<BucketDenylist> {
        Arc::new(BucketDenylist::new(self.stored.lock().expect("the store").clone()))
    }

    /// Reads and caches the list as [`crate::near_cache::DenylistReader`] does. Returns whether it was cached.
    fn fill(&self) -> bool {
        self.ticket().is_some_and(|ticket| self.memory.insert_denylist(&ticket, Self::bucket(), &self.read()))
    }

    /// Does the same with a ticket taken after the read, so that a denial meanwhile goes unnoticed.
    fn fill_with_a_late_ticket(&self) -> bool {
        let read = self.read();
        self.ticket().is_some_and(|ticket| self.memory.insert_denylist(&ticket, Self::bucket(), &read))
    }

    /// Returns the proof under which the JWT is found not denied.
    fn proof_if_not_denied(&self) -> Option<LeaseProof> {
        match self.memory.look_up_denylist(Self::bucket(), |proof| proof != LeaseProof::Unproven) {
            DenylistLookup::Hit { list, proof } if list.denial_end(&ID).is_none() => Some(proof),
            _ => None,
        }
    }

    fn assert_denied(&self) {
        assert_ne!(self.proof_if_not_denied(), Some(LeaseProof::AsOf(at(AFTER))), "a denied JWT is accepted");
    }
}

/// Fills the cache while the JWT is denied.
fn check_fill_during_denial(fill: fn(&DenylistModel) -> bool) {
    let world = DenylistModel::new();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    world.deny_and_renew_lease();
    filling.join().expect("the filling thread");
    world.assert_denied();
}

#[test]
fn a_list_that_changed_while_it_was_read_is_not_kept() {
    explore_interleavings("a fill during a denial", || check_fill_during_denial(DenylistModel::fill));
}

#[test]
#[should_panic(expected = "a denied JWT is accepted")]
fn with_a_late_ticket_it_is() {
    explore_interleavings("a late ticket during a denial", || {
        check_fill_during_denial(DenylistModel::fill_with_a_late_ticket);
    });
}

/// Looks the JWT up in a cached list while it is denied.
fn check_look_up_during_denial(deny: fn(&DenylistModel)) {
    let world = DenylistModel::new();
    assert!(world.fill());
    let denier = Arc::clone(&world);
    let denying = spawn(move || deny(&denier));
    world.assert_denied();
    denying.join().expect("the denying thread");
    world.assert_denied();
}

#[test]
fn a_look_up_during_a_denial_is_as_of_its_proof() {
    explore_interleavings("a look-up during a denial", || {
        check_look_up_during_denial(DenylistModel::deny_and_renew_lease);
    });
}

#[test]
#[should_panic(expected = "a denied JWT is accepted")]
fn with_a_lease_renewed_before_the_invalidation_it_is_not() {
    explore_interleavings("a lease renewed too early", || {
        check_look_up_during_denial(|world| {
            world.deny();
            world.lease.renew(at(AFTER));
            world.memory.invalidate(Invalidation::Denylist(DenylistModel::bucket()));
        });
    });
}
