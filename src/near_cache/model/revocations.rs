//! The list of mass revocations is complete before a session is served under it.

use loom::thread::spawn;

use super::{
    explore_interleavings,
    fixture::{AFTER, LoomFixture, at, other_tenants, own_tenant},
};
use crate::{
    domain::event::RevocationScope,
    near_cache::source::{Invalidation, LeaseProof},
    sync::Arc,
};

/// More tenants than a bucket of two sessions lists.
const MANY: usize = 17;

impl LoomFixture {
    fn sign_out_and_renew_lease(&self, scopes: Vec<RevocationScope>) {
        self.sign_out(scopes);
        self.notify(Invalidation::Generations(Self::bucket()));
        self.lease.renew(at(AFTER));
    }
}

/// Applies the revocations while the session's tenant is signed out.
fn check_apply_during_revocation(list: fn(&LoomFixture)) {
    let world = LoomFixture::with_cached_session();
    world.sign_out(other_tenants(1));
    world.notify(Invalidation::Generations(LoomFixture::bucket()));
    let lister = Arc::clone(&world);
    let listing = spawn(move || list(&lister));
    world.sign_out_and_renew_lease(vec![own_tenant()]);
    listing.join().expect("the listing thread");
    world.assert_not_live_after_end();
    world.apply_revocations();
    world.assert_not_live_after_end();
}

#[test]
fn what_a_list_was_read_before_is_pending_still() {
    explore_interleavings("a list during a revocation", || {
        check_apply_during_revocation(LoomFixture::apply_revocations);
    });
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_late_ticket_it_is_not() {
    explore_interleavings("a late list during a revocation", || {
        check_apply_during_revocation(LoomFixture::apply_revocations_with_late_ticket);
    });
}

/// Applies another tenant's revocation while the session is looked up.
#[test]
fn who_is_of_another_tenant_is_found_again_once_it_is_listed() {
    explore_interleavings("a look-up during a revocation of others", || {
        let world = LoomFixture::with_cached_session();
        let lister = Arc::clone(&world);
        let listing = spawn(move || lister.apply_revocations());
        world.sign_out_and_renew_lease(other_tenants(1));
        listing.join().expect("the listing thread");
        world.apply_revocations();
        assert_eq!(world.proof_if_live(), Some(LeaseProof::AsOf(at(AFTER))));
    });
}

/// Reads and caches the session while its tenant and many others are signed out and the list is compacted.
fn check_fill_during_compaction(fill: fn(&LoomFixture) -> bool) {
    let world = LoomFixture::with_other_tenant();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    let scopes = [vec![own_tenant()], other_tenants(MANY)].concat();
    world.sign_out_and_renew_lease(scopes);
    world.apply_revocations();
    filling.join().expect("the filling thread");
    world.assert_not_live_after_end();
    world.apply_revocations();
    world.assert_not_live_after_end();
}

#[test]
fn what_was_read_before_a_list_that_began_again_is_not_admitted() {
    explore_interleavings("a fill during a compaction of the list", || check_fill_during_compaction(LoomFixture::fill));
}

/// Inserts the session as checked up to the latest generation, although it was read before that was raised.
fn checked_too_late(world: &LoomFixture) -> bool {
    let Some(ticket) = world.ticket() else { return false };
    let (status, _) = world.read();
    let (_, latest) = world.read();
    world.insert(&ticket, (status, latest))
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_generation_read_after_the_session_it_is() {
    explore_interleavings("a fill with a later generation", || check_fill_during_compaction(checked_too_late));
}
