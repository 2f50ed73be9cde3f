//! The near cache: outcomes of reads, received invalidations, and size.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::near_cache::{CacheObserver, CacheSize, Fallback, source::Invalidation};

use super::{
    LatencyHistogram, MetricFamily, Metrics,
    label::{metric_label, metric_label_for},
    names,
};

metric_label! {
    /// The outcome of a read within the staleness bound.
    ReadOutcome by "outcome" {
        /// Served from the cache.
        Hit = "hit",
        /// Read from the store and cached.
        MissCached = "miss_cached",
        /// Read from the store and not cached, because the session changed meanwhile.
        MissNotCached = "miss_not_cached",
        /// Shared a read of the same session.
        Coalesced = "coalesced",
        /// Bypassed the cache.
        Fallback = "fallback",
    }
}

metric_label! {
    /// The kind of an [`Invalidation`].
    InvalidationKind by "kind" {
        User = "user",
        Generations = "generations",
        Denylist = "denylist",
        Bucket = "bucket",
    }
}

metric_label! {
    /// A change in the tracking of a bucket.
    TrackingChange by "change" {
        /// Invalidations of the bucket are received from now on.
        Attached = "attached",
        /// Invalidations of the bucket are no longer received.
        Detached = "detached",
    }
}

metric_label_for!(Fallback, "reason");

#[derive(Clone, Debug, Default)]
pub(crate) struct NearCacheMetrics {
    reads: MetricFamily<ReadOutcome, Counter>,
    fallbacks: MetricFamily<Fallback, Counter>,
    lease_age: LatencyHistogram,
    invalidations: MetricFamily<InvalidationKind, Counter>,
    tracking_changes: MetricFamily<TrackingChange, Counter>,
    sessions: Gauge,
    denied_jwts: Gauge,
    bytes: Gauge,
    violations: Counter,
    denylist_reads: MetricFamily<ReadOutcome, Counter>,
    denylist_fallbacks: MetricFamily<Fallback, Counter>,
}

impl NearCacheMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let all = metrics.clone();
        registry.register(names::CACHE_READS, "Reads of sessions within the staleness bound", all.reads);
        registry.register(names::CACHE_FALLBACKS, "Reads that bypassed the cache", all.fallbacks);
        registry.register(names::CACHE_LEASE_AGE, "Age of the lease of a cache hit in seconds", all.lease_age);
        registry.register(names::CACHE_INVALIDATIONS, "Invalidations received from the store", all.invalidations);
        registry.register(names::CACHE_TRACKING_CHANGES, "Buckets whose tracking began or ended", all.tracking_changes);
        registry.register(names::CACHE_SESSIONS, "Cached sessions, active and ended", all.sessions);
        registry.register(names::CACHE_DENIED_JWTS, "Cached IDs of denied JWTs", all.denied_jwts);
        registry.register(
            names::CACHE_DENYLIST_READS,
            "Reads of denylists within the staleness bound",
            all.denylist_reads,
        );
        registry.register(
            names::CACHE_DENYLIST_FALLBACKS,
            "Reads of denylists that bypassed the cache",
            all.denylist_fallbacks,
        );
        registry.register(names::CACHE_BYTES, "Approximate memory of the cache in bytes", all.bytes);
        registry.register(
            names::CACHE_VIOLATIONS,
            "Reads that exceeded the staleness bound; must be 0",
            all.violations,
        );
        metrics
    }

    /// Counts a received invalidation.
    pub(crate) fn change_received(&self, change: Invalidation) {
        self.invalidations
            .get(match change {
                Invalidation::User(_) => InvalidationKind::User,
                Invalidation::Generations(_) => InvalidationKind::Generations,
                Invalidation::Denylist(_) => InvalidationKind::Denylist,
                Invalidation::Bucket(_) => InvalidationKind::Bucket,
            })
            .inc();
    }

    /// Counts a bucket whose tracking began or ended.
    pub(crate) fn tracking_changed(&self, change: TrackingChange) {
        self.tracking_changes.get(change).inc();
    }
}

impl CacheObserver for Metrics {
    fn hit(&self, age: Duration) {
        self.near_cache.lease_age.observe(age);
        self.near_cache.reads.get(ReadOutcome::Hit).inc();
    }

    fn missed(&self, is_cached: bool) {
        self.near_cache.reads.get(if is_cached { ReadOutcome::MissCached } else { ReadOutcome::MissNotCached }).inc();
    }

    fn joined(&self) {
        self.near_cache.reads.get(ReadOutcome::Coalesced).inc();
    }

    fn fell_back(&self, reason: Fallback) {
        self.near_cache.reads.get(ReadOutcome::Fallback).inc();
        self.near_cache.fallbacks.get(reason).inc();
    }

    fn served_stale(&self) {
        self.near_cache.violations.inc();
    }
}

/// The metrics of reads of denylists.
#[derive(Clone, Debug)]
pub struct DenylistCacheMetrics(NearCacheMetrics);

impl DenylistCacheMetrics {
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        Self(metrics.near_cache.clone())
    }
}

impl CacheObserver for DenylistCacheMetrics {
    fn hit(&self, age: Duration) {
        self.0.lease_age.observe(age);
        self.0.denylist_reads.get(ReadOutcome::Hit).inc();
    }

    fn missed(&self, is_cached: bool) {
        let outcome = if is_cached { ReadOutcome::MissCached } else { ReadOutcome::MissNotCached };
        self.0.denylist_reads.get(outcome).inc();
    }

    fn joined(&self) {
        self.0.denylist_reads.get(ReadOutcome::Coalesced).inc();
    }

    fn fell_back(&self, reason: Fallback) {
        self.0.denylist_reads.get(ReadOutcome::Fallback).inc();
        self.0.denylist_fallbacks.get(reason).inc();
    }

    fn served_stale(&self) {
        self.0.violations.inc();
    }
}

impl Metrics {
    /// Records the size of the near cache.
    pub fn record_near_cache_size(&self, size: CacheSize) {
        self.near_cache.denied_jwts.set(i64::try_from(size.denied_jwts).unwrap_or(i64::MAX));
        self.near_cache.sessions.set(i64::try_from(size.sessions).unwrap_or(i64::MAX));
        self.near_cache.bytes.set(i64::try_from(size.bytes).unwrap_or(i64::MAX));
    }
}
