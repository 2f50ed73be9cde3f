//! A session that is found under a proof is valid as of the proof.

use loom::thread::spawn;

use super::{
    explore_interleavings,
    fixture::{AFTER, LoomFixture, at},
};
use crate::{
    near_cache::{
        CacheLookup, SessionStatus,
        source::{Invalidation, LeaseProof},
    },
    sync::{Arc, atomic::Ordering},
};

/// Looks up the session while it ends.
fn check_look_up_during_end(live_as_of: fn(&LoomFixture) -> Option<LeaseProof>) {
    let world = LoomFixture::with_cached_session();
    let notifier = Arc::clone(&world);
    let notifying = spawn(move || notifier.end_and_renew_lease());
    let seen = live_as_of(&world);
    assert_ne!(seen, Some(LeaseProof::AsOf(at(AFTER))), "an ended session is accepted");
    notifying.join().expect("the notifying thread");
    assert_eq!(world.proof_if_live(), None);
}

#[test]
fn what_ended_is_not_found_under_a_proof_of_later() {
    explore_interleavings("a look-up during an end", || check_look_up_during_end(LoomFixture::proof_if_live));
}

/// Takes the proof after the look-up. The session may have ended in between.
fn take_proof_after_look_up(world: &LoomFixture) -> Option<LeaseProof> {
    match world.memory.look_up(super::fixture::ID, |_| true) {
        CacheLookup::Hit { status: SessionStatus::Live(_), .. } => Some(world.lease.proof()),
        _ => None,
    }
}

#[test]
#[should_panic(expected = "an ended session is accepted")]
fn with_a_proof_taken_afterwards_it_is() {
    explore_interleavings("a proof after the look-up", || check_look_up_during_end(take_proof_after_look_up));
}

/// Looks up the session while everyone is signed out.
#[test]
fn who_was_signed_out_with_everyone_is_not_found_under_a_proof_of_later() {
    explore_interleavings("a look-up during a mass revocation", || {
        let world = LoomFixture::with_cached_session();
        let notifier = Arc::clone(&world);
        let notifying = spawn(move || {
            notifier.sign_everyone_out();
            notifier.notify(Invalidation::Generations(LoomFixture::bucket()));
            notifier.lease.renew(at(AFTER));
        });
        world.assert_not_live_after_end();
        notifying.join().expect("the notifying thread");
        assert_eq!(world.proof_if_live(), None);
    });
}

/// Looks up the session, fills the cache and looks it up again, as consecutive validations do.
#[test]
fn who_fills_and_looks_again_does_not_find_what_ended() {
    explore_interleavings("a look-up, a fill and a look-up during an end", || {
        let world = LoomFixture::new();
        let notifier = Arc::clone(&world);
        let notifying = spawn(move || notifier.end_and_renew_lease());
        for _ in 0..2 {
            world.assert_not_live_after_end();
            world.fill();
        }
        notifying.join().expect("the notifying thread");
        world.assert_not_live_after_end();
    });
}

/// Checks that a thread that sees the renewal also sees the notification before it.
fn check_renewal_order(notify_and_renew: fn(&LoomFixture)) {
    let world = LoomFixture::new();
    let notifier = Arc::clone(&world);
    let notifying = spawn(move || notify_and_renew(&notifier));
    if world.lease.proof() == LeaseProof::AsOf(at(AFTER)) {
        assert!(world.notified.load(Ordering::Relaxed), "proven, and not notified");
    }
    notifying.join().expect("the notifying thread");
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
#[should_panic(expected = "proven, and not notified")]
fn a_renewal_does_not_show_later_notifications() {
    explore_interleavings("a renewal that comes too soon", || {
        check_renewal_order(|world| {
            world.lease.renew(at(AFTER));
            world.notified.store(true, Ordering::Relaxed);
        });
    });
}
