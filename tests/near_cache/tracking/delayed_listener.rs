//! A listener that delays invalidations.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use session_authority::{
    domain::Bucket,
    near_cache::{
        CacheMemory,
        source::{Invalidation, InvalidationListener, Lease},
    },
};

/// Delays invalidations like a channel with a busy reader. Leases are not delayed.
pub struct DelayedListener {
    memory: Arc<CacheMemory>,
    is_delayed: AtomicBool,
    pending_changes: Mutex<Vec<Invalidation>>,
}

impl DelayedListener {
    /// Creates a listener that passes on invalidations at once until it is set to delay them.
    pub fn new(memory: Arc<CacheMemory>) -> Arc<Self> {
        Arc::new(Self { memory, is_delayed: AtomicBool::new(false), pending_changes: Mutex::default() })
    }

    /// Turns the delay on or off.
    pub fn set_delayed(&self, puts_off: bool) {
        self.is_delayed.store(puts_off, Ordering::SeqCst);
    }

    /// Passes on the delayed invalidations.
    pub fn deliver_pending(&self) {
        for change in self.pending_changes.lock().expect("changes").drain(..) {
            self.memory.invalidate(change);
        }
    }
}

impl InvalidationListener for DelayedListener {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.memory.attach(bucket, lease);
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.memory.detach(bucket, lease);
    }

    fn invalidate(&self, change: Invalidation) {
        if self.is_delayed.load(Ordering::SeqCst) {
            self.pending_changes.lock().expect("changes").push(change);
        } else {
            self.memory.invalidate(change);
        }
    }
}
