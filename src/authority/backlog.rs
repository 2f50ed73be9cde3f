//! The gate that keeps events from piling up without end while the audit database is away.

use std::sync::atomic::{AtomicU64, Ordering};

/// Says whether one more session may be made. Endings are never refused.
#[derive(Debug)]
pub struct BacklogGate {
    limit: u64,
    waiting: AtomicU64,
}

impl BacklogGate {
    /// Closes when more than `limit` events wait.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self { limit, waiting: AtomicU64::new(0) }
    }

    /// What was last measured.
    pub fn measured(&self, waiting: u64) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) <= self.limit
    }
}
