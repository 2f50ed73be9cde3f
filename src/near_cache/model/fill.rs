//! A session that changes while it is read is not cached.

use loom::thread::spawn;

use super::{
    explore_interleavings,
    fixture::{AFTER, ID, LoomFixture, at},
};
use crate::{
    near_cache::{
        CacheLookup,
        source::{Invalidation, InvalidationListener, Lease, LeaseProof},
    },
    sync::Arc,
};

/// Fills the cache while the session ends.
fn check_fill_during_end(fill: fn(&LoomFixture) -> bool) {
    let world = LoomFixture::new();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    world.end_and_renew_lease();
    filling.join().expect("the filling thread");
    world.assert_not_live_after_end();
}

#[test]
fn what_ended_while_it_was_read_is_not_kept() {
    explore_interleavings("a fill during an end", || check_fill_during_end(LoomFixture::fill));
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_late_ticket_it_is() {
    explore_interleavings("a late ticket during an end", || {
        check_fill_during_end(LoomFixture::fill_with_a_late_ticket);
    });
}

/// Two threads fill the cache while the session ends, one of them perhaps with the earlier ticket and the later value.
#[test]
fn what_ended_while_two_read_it_is_not_kept() {
    explore_interleavings("two fills during an end", || {
        let world = LoomFixture::new();
        let fillers = [(); 2].map(|()| {
            let world = Arc::clone(&world);
            spawn(move || world.fill())
        });
        world.end_and_renew_lease();
        for filler in fillers {
            filler.join().expect("the filling thread");
        }
        world.assert_not_live_after_end();
    });
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_one_late_ticket_of_two_it_is() {
    explore_interleavings("two fills, one with a late ticket", || {
        let world = LoomFixture::new();
        let (right, wrong) = (Arc::clone(&world), Arc::clone(&world));
        let fillers = [spawn(move || right.fill()), spawn(move || wrong.fill_with_a_late_ticket())];
        world.end_and_renew_lease();
        for filler in fillers {
            filler.join().expect("the filling thread");
        }
        world.assert_not_live_after_end();
    });
}

/// Fills the cache while everyone is signed out.
fn check_fill_during_mass_revocation(fill: fn(&LoomFixture) -> bool) {
    let world = LoomFixture::new();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    world.sign_everyone_out();
    world.notify(Invalidation::Generations(LoomFixture::bucket()));
    world.lease.renew(at(AFTER));
    filling.join().expect("the filling thread");
    world.assert_not_live_after_end();
}

#[test]
fn who_was_signed_out_with_everyone_is_not_admitted_by_what_was_read_before() {
    explore_interleavings("a fill during a mass revocation", || check_fill_during_mass_revocation(LoomFixture::fill));
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_late_ticket_they_are() {
    explore_interleavings("a late ticket during a mass revocation", || {
        check_fill_during_mass_revocation(LoomFixture::fill_with_a_late_ticket);
    });
}

/// Fills the cache during a reconnect: the connection is lost, the session ends without an invalidation, and another
/// connection is established.
fn check_fill_during_reconnect(fill: fn(&LoomFixture) -> bool) {
    let world = LoomFixture::new();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    world.lease.end();
    world.memory.detach(LoomFixture::bucket(), &world.lease);
    world.end_session();
    let next = Arc::new(Lease::new());
    world.memory.attach(LoomFixture::bucket(), &next);
    next.renew(at(AFTER));
    filling.join().expect("the filling thread");
    world.assert_not_live_after_end();
}

#[test]
fn what_was_read_on_a_lost_connection_is_not_kept_on_the_next() {
    explore_interleavings("a fill during a reconnect", || check_fill_during_reconnect(LoomFixture::fill));
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_ticket_of_the_next_connection_it_is() {
    explore_interleavings("a late ticket during a reconnect", || {
        check_fill_during_reconnect(LoomFixture::fill_with_a_late_ticket);
    });
}

/// The loss of a connection is noticed late, after another one has taken its place.
#[test]
fn the_end_of_one_connection_is_not_that_of_the_next() {
    explore_interleavings("a late end of a connection", || {
        let world = LoomFixture::with_cached_session();
        let noticing = Arc::clone(&world);
        let late = spawn(move || {
            noticing.lease.end();
            noticing.memory.detach(LoomFixture::bucket(), &noticing.lease);
        });
        let next = Arc::new(Lease::new());
        world.memory.attach(LoomFixture::bucket(), &next);
        next.renew(at(AFTER));
        late.join().expect("the late thread");
        let CacheLookup::Miss(ticket) = world.memory.look_up(ID, |proof| proof != LeaseProof::Unproven) else {
            panic!("expected a miss in a tracked bucket")
        };
        assert!(Arc::ptr_eq(&ticket.lease, &next));
    });
}
