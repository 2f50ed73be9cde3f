//! Who is told how the near cache is doing.

use std::time::Duration;

/// Is told of every read. All of it returns at once.
pub trait CacheObserver: Send + Sync {
    /// Answered from memory, under a proof that old.
    fn hit(&self, age: Duration);
    /// Read from the store, and kept for the next one unless something changed meanwhile.
    fn missed(&self, kept: bool);
    /// Waited for another's reading of the same session.
    fn joined(&self);
    /// Read past the memory.
    fn fell_back(&self, why: Fallback);
    /// Something older than the bound was found to be given out. It must not happen.
    fn served_stale(&self);
}

/// Why a read that could have been answered from memory went past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Changes are not told: there is no connection for that, or the server cannot.
    NotTracked,
    /// Whoever tells of changes was silent for too long.
    LeaseExpired,
    /// The read that was to be kept failed.
    ReadFailed,
}

impl Fallback {
    pub const ALL: [Self; 3] = [Self::NotTracked, Self::LeaseExpired, Self::ReadFailed];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotTracked => "untold",
            Self::LeaseExpired => "silent",
            Self::ReadFailed => "failed",
        }
    }
}

/// Nobody is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopCacheObserver;

impl CacheObserver for NoopCacheObserver {
    fn hit(&self, _: Duration) {}
    fn missed(&self, _: bool) {}
    fn joined(&self) {}
    fn fell_back(&self, _: Fallback) {}
    fn served_stale(&self) {}
}
