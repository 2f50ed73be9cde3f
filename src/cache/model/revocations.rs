//! The list of mass revocations is complete before a session is answered under it.

use loom::thread::spawn;

use super::{
    every_order,
    world::{AFTER, World, at, other_tenants, own_tenant},
};
use crate::{
    domain::event::Scope,
    store::{Change, Proof},
    sync::Arc,
};

/// More than a bucket of two sessions lists.
const MANY: usize = 17;

impl World {
    fn sign_out_and_prove(&self, scopes: Vec<Scope>) {
        self.sign_out(scopes);
        self.tell(Change::Generations(Self::bucket()));
        self.lease.renew(at(AFTER));
    }
}

/// One lists the revocations while the session's tenant is signed out.
fn a_list_during_a_revocation(list: fn(&World)) {
    let world = World::warm();
    world.sign_out(other_tenants(1));
    world.tell(Change::Generations(World::bucket()));
    let lister = Arc::clone(&world);
    let listing = spawn(move || list(&lister));
    world.sign_out_and_prove(vec![own_tenant()]);
    listing.join().expect("a lister");
    world.is_never_live_after_its_end();
    world.list();
    world.is_never_live_after_its_end();
}

#[test]
fn what_a_list_was_read_before_is_pending_still() {
    every_order("a list during a revocation", || a_list_during_a_revocation(World::list));
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_late_ticket_it_is_not() {
    every_order("a late list during a revocation", || a_list_during_a_revocation(World::list_with_a_late_ticket));
}

/// Another tenant's revocation is listed while the session is looked up.
#[test]
fn who_is_of_another_tenant_is_found_again_once_it_is_listed() {
    every_order("a look-up during a revocation of others", || {
        let world = World::warm();
        let lister = Arc::clone(&world);
        let listing = spawn(move || lister.list());
        world.sign_out_and_prove(other_tenants(1));
        listing.join().expect("a lister");
        world.list();
        assert_eq!(world.live_as_of(), Some(Proof::AsOf(at(AFTER))));
    });
}

/// One reads the session and caches it while its tenant and many others are signed out, and the list begins again.
fn a_fill_while_the_list_begins_again(fill: fn(&World) -> bool) {
    let world = World::with_another();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    let scopes = [vec![own_tenant()], other_tenants(MANY)].concat();
    world.sign_out_and_prove(scopes);
    world.list();
    filling.join().expect("a filler");
    world.is_never_live_after_its_end();
    world.list();
    world.is_never_live_after_its_end();
}

#[test]
fn what_was_read_before_a_list_that_began_again_is_not_admitted() {
    every_order("a fill while the list begins again", || a_fill_while_the_list_begins_again(World::fill));
}

/// Says that it was checked up to the latest generation, though it was read before that was raised.
fn checked_too_late(world: &World) -> bool {
    let Some(ticket) = world.ticket() else { return false };
    let (known, _) = world.read();
    let (_, latest) = world.read();
    world.keep(&ticket, (known, latest))
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_generation_read_after_the_session_it_is() {
    every_order("a fill with a generation of later", || a_fill_while_the_list_begins_again(checked_too_late));
}
