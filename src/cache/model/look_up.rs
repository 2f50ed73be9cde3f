//! What is found under a proof is true as of the proof.

use loom::thread::spawn;

use super::{
    explore_interleavings,
    fixture::{AFTER, LoomFixture, at},
};
use crate::{
    cache::{CacheEntry, CacheLookup},
    store::{Invalidation, LeaseProof},
    sync::{Arc, atomic::Ordering},
};

/// One looks a session up while it ends.
fn check_look_up_during_end(live_as_of: fn(&LoomFixture) -> Option<LeaseProof>) {
    let world = LoomFixture::with_cached_session();
    let teller = Arc::clone(&world);
    let telling = spawn(move || teller.end_and_renew_lease());
    let seen = live_as_of(&world);
    assert_ne!(seen, Some(LeaseProof::AsOf(at(AFTER))), "an ended session is accepted");
    telling.join().expect("who tells");
    assert_eq!(world.proof_if_live(), None);
}

#[test]
fn what_ended_is_not_found_under_a_proof_of_later() {
    explore_interleavings("a look-up during an end", || check_look_up_during_end(LoomFixture::proof_if_live));
}

/// What was looked up before the proof was, and may have ended in between.
fn take_proof_after_look_up(world: &LoomFixture) -> Option<LeaseProof> {
    match world.cache.look_up(super::fixture::ID, |_| true) {
        CacheLookup::Hit { entry: CacheEntry::Live(_), .. } => Some(world.lease.proof()),
        _ => None,
    }
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_proof_taken_afterwards_it_is() {
    explore_interleavings("a proof after the look-up", || check_look_up_during_end(take_proof_after_look_up));
}

/// One looks a session up while everyone is signed out.
#[test]
fn who_was_signed_out_with_everyone_is_not_found_under_a_proof_of_later() {
    explore_interleavings("a look-up during a mass revocation", || {
        let world = LoomFixture::with_cached_session();
        let teller = Arc::clone(&world);
        let telling = spawn(move || {
            teller.sign_everyone_out();
            teller.notify(Invalidation::Generations(LoomFixture::bucket()));
            teller.lease.renew(at(AFTER));
        });
        world.assert_not_live_after_end();
        telling.join().expect("who tells");
        assert_eq!(world.proof_if_live(), None);
    });
}

/// One looks a session up, fills, and looks again, as validations in a row do.
#[test]
fn who_fills_and_looks_again_does_not_find_what_ended() {
    explore_interleavings("a look-up, a fill and a look-up during an end", || {
        let world = LoomFixture::new();
        let teller = Arc::clone(&world);
        let telling = spawn(move || teller.end_and_renew_lease());
        for _ in 0..2 {
            world.assert_not_live_after_end();
            world.fill();
        }
        telling.join().expect("who tells");
        world.assert_not_live_after_end();
    });
}

/// Whether who sees the renewal sees what was told before.
fn check_renewal_order(tell_and_renew: fn(&LoomFixture)) {
    let world = LoomFixture::new();
    let teller = Arc::clone(&world);
    let telling = spawn(move || tell_and_renew(&teller));
    if world.lease.proof() == LeaseProof::AsOf(at(AFTER)) {
        assert!(world.notified.load(Ordering::Relaxed), "proven, and not told");
    }
    telling.join().expect("who tells");
}

#[test]
fn a_renewal_shows_every_earlier_notification() {
    explore_interleavings("a renewal", || {
        check_renewal_order(|world| {
            world.notified.store(true, Ordering::Relaxed);
            world.lease.renew(at(AFTER));
        });
    });
}

#[test]
#[should_panic(expected = "proven, and not told")]
fn a_renewal_does_not_show_later_notifications() {
    explore_interleavings("a renewal that comes too soon", || {
        check_renewal_order(|world| {
            world.lease.renew(at(AFTER));
            world.notified.store(true, Ordering::Relaxed);
        });
    });
}
