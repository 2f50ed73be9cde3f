//! What is found under a proof is true as of the proof.

use loom::thread::spawn;

use super::{
    every_order,
    world::{AFTER, World, at},
};
use crate::{
    cache::{Known, Look},
    store::{Change, Proof},
    sync::{Arc, atomic::Ordering},
};

/// One looks a session up while it ends.
fn a_look_during_an_end(live_as_of: fn(&World) -> Option<Proof>) {
    let world = World::warm();
    let teller = Arc::clone(&world);
    let telling = spawn(move || teller.end_and_prove());
    let seen = live_as_of(&world);
    assert_ne!(seen, Some(Proof::AsOf(at(AFTER))), "an ended session is accepted");
    telling.join().expect("who tells");
    assert_eq!(world.live_as_of(), None);
}

#[test]
fn what_ended_is_not_found_under_a_proof_of_later() {
    every_order("a look-up during an end", || a_look_during_an_end(World::live_as_of));
}

/// What was looked up before the proof was, and may have ended in between.
fn proven_afterwards(world: &World) -> Option<Proof> {
    match world.near.look(super::world::ID, |_| true) {
        Look::Known { known: Known::Live(_), .. } => Some(world.lease.proof()),
        _ => None,
    }
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_proof_taken_afterwards_it_is() {
    every_order("a proof after the look-up", || a_look_during_an_end(proven_afterwards));
}

/// One looks a session up while everyone is signed out.
#[test]
fn who_was_signed_out_with_everyone_is_not_found_under_a_proof_of_later() {
    every_order("a look-up during a mass revocation", || {
        let world = World::warm();
        let teller = Arc::clone(&world);
        let telling = spawn(move || {
            teller.sign_everyone_out();
            teller.tell(Change::Generations(World::bucket()));
            teller.lease.renew(at(AFTER));
        });
        world.is_never_live_after_its_end();
        telling.join().expect("who tells");
        assert_eq!(world.live_as_of(), None);
    });
}

/// One looks a session up, fills, and looks again, as validations in a row do.
#[test]
fn who_fills_and_looks_again_does_not_find_what_ended() {
    every_order("a look-up, a fill and a look-up during an end", || {
        let world = World::new();
        let teller = Arc::clone(&world);
        let telling = spawn(move || teller.end_and_prove());
        for _ in 0..2 {
            world.is_never_live_after_its_end();
            world.fill();
        }
        telling.join().expect("who tells");
        world.is_never_live_after_its_end();
    });
}

/// Whether who sees the renewal sees what was told before.
fn a_proof_of_what_was_told(tell_and_renew: fn(&World)) {
    let world = World::new();
    let teller = Arc::clone(&world);
    let telling = spawn(move || tell_and_renew(&teller));
    if world.lease.proof() == Proof::AsOf(at(AFTER)) {
        assert!(world.told.load(Ordering::Relaxed), "proven, and not told");
    }
    telling.join().expect("who tells");
}

#[test]
fn who_sees_a_renewal_sees_what_was_told_before_it() {
    every_order("a renewal", || {
        a_proof_of_what_was_told(|world| {
            world.told.store(true, Ordering::Relaxed);
            world.lease.renew(at(AFTER));
        });
    });
}

#[test]
#[should_panic(expected = "proven, and not told")]
fn but_not_what_is_told_after_it() {
    every_order("a renewal that comes too soon", || {
        a_proof_of_what_was_told(|world| {
            world.lease.renew(at(AFTER));
            world.told.store(true, Ordering::Relaxed);
        });
    });
}
