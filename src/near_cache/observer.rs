//! The observer of the near cache, for metrics.

use std::time::Duration;

/// An observer of every read. Its methods return at once.
pub trait CacheObserver: Send + Sync {
    /// Records a read that was served from the cache, with the age of its lease proof.
    fn hit(&self, age: Duration);
    /// Records a read of the store. `is_cached` is `false` if an invalidation arrived meanwhile.
    fn missed(&self, is_cached: bool);
    /// Records a read that waited for a read in flight of the same session.
    fn joined(&self);
    /// Records a read that bypassed the cache.
    fn fell_back(&self, reason: Fallback);
    /// Records that a session older than the staleness bound was served. This must never happen.
    fn served_stale(&self);
}

/// The reason that a read bypassed the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The bucket is not tracked: there is no tracking connection, or the server does not support tracking.
    NotTracked,
    /// The lease is too old: the source of invalidations was silent for too long.
    LeaseExpired,
    /// The read that was to be cached failed.
    ReadFailed,
}

impl Fallback {
    pub const ALL: [Self; 3] = [Self::NotTracked, Self::LeaseExpired, Self::ReadFailed];

    /// Returns the name of the reason in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotTracked => "not_tracked",
            Self::LeaseExpired => "lease_expired",
            Self::ReadFailed => "read_failed",
        }
    }
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopCacheObserver;

impl CacheObserver for NoopCacheObserver {
    fn hit(&self, _: Duration) {}
    fn missed(&self, _: bool) {}
    fn joined(&self) {}
    fn fell_back(&self, _: Fallback) {}
    fn served_stale(&self) {}
}
