//! What is read while it changes is not kept.

use loom::thread::spawn;

use super::{
    every_order,
    world::{AFTER, ID, World, at},
};
use crate::{
    cache::Look,
    store::{Change, ChangeListener, Lease, Proof},
    sync::Arc,
};

/// One fills while the session ends.
fn a_fill_during_an_end(fill: fn(&World) -> bool) {
    let world = World::new();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    world.end_and_prove();
    filling.join().expect("a filler");
    world.is_never_live_after_its_end();
}

#[test]
fn what_ended_while_it_was_read_is_not_kept() {
    every_order("a fill during an end", || a_fill_during_an_end(World::fill));
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_late_ticket_it_is() {
    every_order("a late ticket during an end", || a_fill_during_an_end(World::fill_with_a_late_ticket));
}

/// Two fill while the session ends, one of them perhaps with the ticket of before and the value of after.
#[test]
fn what_ended_while_two_read_it_is_not_kept() {
    every_order("two fills during an end", || {
        let world = World::new();
        let fillers = [(); 2].map(|()| {
            let world = Arc::clone(&world);
            spawn(move || world.fill())
        });
        world.end_and_prove();
        for filler in fillers {
            filler.join().expect("a filler");
        }
        world.is_never_live_after_its_end();
    });
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_one_late_ticket_of_two_it_is() {
    every_order("two fills, one with a late ticket", || {
        let world = World::new();
        let (right, wrong) = (Arc::clone(&world), Arc::clone(&world));
        let fillers = [spawn(move || right.fill()), spawn(move || wrong.fill_with_a_late_ticket())];
        world.end_and_prove();
        for filler in fillers {
            filler.join().expect("a filler");
        }
        world.is_never_live_after_its_end();
    });
}

/// One fills while everyone is signed out.
fn a_fill_during_a_mass_revocation(fill: fn(&World) -> bool) {
    let world = World::new();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    world.sign_everyone_out();
    world.tell(Change::Generations(World::bucket()));
    world.lease.renew(at(AFTER));
    filling.join().expect("a filler");
    world.is_never_live_after_its_end();
}

#[test]
fn who_was_signed_out_with_everyone_is_not_admitted_by_what_was_read_before() {
    every_order("a fill during a mass revocation", || a_fill_during_a_mass_revocation(World::fill));
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_late_ticket_they_are() {
    every_order("a late ticket during a mass revocation", || {
        a_fill_during_a_mass_revocation(World::fill_with_a_late_ticket);
    });
}

/// One fills while the connection is lost, the session ends, which nobody is told, and another connection is made.
fn a_fill_during_a_reconnect(fill: fn(&World) -> bool) {
    let world = World::new();
    let filler = Arc::clone(&world);
    let filling = spawn(move || fill(&filler));
    world.lease.end();
    world.near.detached(World::bucket(), &world.lease);
    world.end_session();
    let next = Arc::new(Lease::new());
    world.near.attached(World::bucket(), &next);
    next.renew(at(AFTER));
    filling.join().expect("a filler");
    world.is_never_live_after_its_end();
}

#[test]
fn what_was_read_on_a_lost_connection_is_not_kept_on_the_next() {
    every_order("a fill during a reconnect", || a_fill_during_a_reconnect(World::fill));
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_ticket_of_the_next_connection_it_is() {
    every_order("a late ticket during a reconnect", || a_fill_during_a_reconnect(World::fill_with_a_late_ticket));
}

/// A loss that is noticed late, when its place is taken already.
#[test]
fn the_end_of_one_connection_is_not_that_of_the_next() {
    every_order("a late end of a connection", || {
        let world = World::warm();
        let noticing = Arc::clone(&world);
        let late = spawn(move || {
            noticing.lease.end();
            noticing.near.detached(World::bucket(), &noticing.lease);
        });
        let next = Arc::new(Lease::new());
        world.near.attached(World::bucket(), &next);
        next.renew(at(AFTER));
        late.join().expect("who notices");
        let Look::Unknown(ticket) = world.near.look(ID, |proof| proof != Proof::Nothing) else {
            panic!("nothing is kept, and changes are told")
        };
        assert!(Arc::ptr_eq(&ticket.lease, &next));
    });
}
