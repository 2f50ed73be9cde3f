//! Every order in which threads can look up, keep, tell of changes and renew leases: `make model`.
//!
//! A session is live in the store until it is ended there. What must never come about is that it is found live under a
//! proof as of a time when it was over. Each property has a twin that does the same in the wrong order, and fails.

mod fill;
mod fixture;
mod look_up;
mod revocations;

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Runs `scene` in every order, and says how many there were.
fn explore_interleavings(name: &str, scene: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&orders);
    loom::model(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        scene();
    });
    let orders = orders.load(Ordering::Relaxed);
    assert!(orders > 1, "nothing happened at the same time");
    writeln!(std::io::stderr(), "{name}: {orders} orders").expect("standard error");
}
