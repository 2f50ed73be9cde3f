//! A memory that is told of changes later.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use session_authority::{
    cache::NearCache,
    domain::Bucket,
    store::{Change, ChangeListener, Lease},
};

/// Puts off what it is told, as a channel does whose reader has something else to do. Leases are not put off.
pub struct Later {
    near: Arc<NearCache>,
    puts_off: AtomicBool,
    waiting: Mutex<Vec<Change>>,
}

impl Later {
    /// Tells at once, until it is told to put off.
    pub fn new(near: Arc<NearCache>) -> Arc<Self> {
        Arc::new(Self { near, puts_off: AtomicBool::new(false), waiting: Mutex::default() })
    }

    /// From now on, or no longer.
    pub fn put_off(&self, puts_off: bool) {
        self.puts_off.store(puts_off, Ordering::SeqCst);
    }

    /// Tells what was put off so far.
    pub fn catch_up(&self) {
        for change in self.waiting.lock().expect("changes").drain(..) {
            self.near.changed(change);
        }
    }
}

impl ChangeListener for Later {
    fn attached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.attached(bucket, lease);
    }

    fn detached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.near.detached(bucket, lease);
    }

    fn changed(&self, change: Change) {
        if self.puts_off.load(Ordering::SeqCst) {
            self.waiting.lock().expect("changes").push(change);
        } else {
            self.near.changed(change);
        }
    }
}
