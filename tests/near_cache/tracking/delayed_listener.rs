//! A memory that is told of changes later.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use session_authority::{
    cache::NearCache,
    domain::Bucket,
    store::{Invalidation, InvalidationListener, Lease},
};

/// Puts off what it is told, as a channel does whose reader has something else to do. Leases are not put off.
pub struct DelayedListener {
    near: Arc<NearCache>,
    is_delayed: AtomicBool,
    pending_changes: Mutex<Vec<Invalidation>>,
}

impl DelayedListener {
    /// Tells at once, until it is told to put off.
    pub fn new(near: Arc<NearCache>) -> Arc<Self> {
        Arc::new(Self { near, is_delayed: AtomicBool::new(false), pending_changes: Mutex::default() })
    }

    /// From now on, or no longer.
    pub fn set_delayed(&self, puts_off: bool) {
        self.is_delayed.store(puts_off, Ordering::SeqCst);
    }

    /// Tells what was put off so far.
    pub fn deliver_pending(&self) {
        for change in self.pending_changes.lock().expect("changes").drain(..) {
            self.near.invalidate(change);
        }
    }
}

impl InvalidationListener for DelayedListener {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.attach(bucket, lease);
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.detach(bucket, lease);
    }

    fn invalidate(&self, change: Invalidation) {
        if self.is_delayed.load(Ordering::SeqCst) {
            self.pending_changes.lock().expect("changes").push(change);
        } else {
            self.near.invalidate(change);
        }
    }
}
