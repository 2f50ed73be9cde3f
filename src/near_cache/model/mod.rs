//! Models of the cache: every order in which threads can look up, insert, invalidate and renew leases (`make model`).
//!
//! A session is active in the store until it is ended there. It must never be found active under a proof of a time
//! after its end. The same holds for a JWT and its denial. Each property has a counterpart that does the same in the
//! wrong order, and fails.

mod denylist;
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

/// Runs `scene` in every order, and prints the number of orders.
fn explore_interleavings(name: &str, scene: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&orders);
    loom::model(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        scene();
    });
    let orders = orders.load(Ordering::Relaxed);
    assert!(orders > 1, "the threads never ran concurrently");
    writeln!(std::io::stderr(), "{name}: {orders} orders").expect("standard error");
}
