//! The near cache: how reads were answered, what was told of changes, how much is kept.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    cache::{CacheObserver, CacheSize, Fallback},
    store::Invalidation,
};

use super::{
    LatencyHistogram, MetricFamily, Metrics,
    label::{label, label_of},
    names,
};

label! {
    /// How a read within the staleness bound was answered.
    ReadOutcome by "outcome" {
        /// From memory.
        Hit = "hit",
        /// From the store, and kept.
        MissCached = "kept",
        /// From the store, and not kept, as it changed meanwhile.
        MissNotCached = "not_kept",
        /// With another's reading of the same session.
        Coalesced = "joined",
        /// Past the memory.
        Fallback = "fell_back",
    }
}

label! {
    /// What was told.
    InvalidationKind by "kind" {
        User = "user",
        Generations = "generations",
        Bucket = "bucket",
        Attached = "attached",
        Detached = "detached",
    }
}

label_of!(Fallback, "reason");

#[derive(Clone, Debug, Default)]
pub(crate) struct NearCacheMetrics {
    reads: MetricFamily<ReadOutcome, Counter>,
    fallbacks: MetricFamily<Fallback, Counter>,
    lease_age: LatencyHistogram,
    pub(crate) invalidations: MetricFamily<InvalidationKind, Counter>,
    sessions: Gauge,
    bytes: Gauge,
    violations: Counter,
}

impl NearCacheMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { reads, fallbacks, lease_age: proof_age, invalidations: told, sessions, bytes, violations } =
            metrics.clone();
        registry.register(names::CACHE_READS, "Reads of sessions within the staleness bound", reads);
        registry.register(names::CACHE_FALLBACKS, "Reads that went past the memory", fallbacks);
        registry.register(names::CACHE_LEASE_AGE, "How old the proof was that an answer was given under", proof_age);
        registry.register(names::CACHE_INVALIDATIONS, "Changes that the store told of", told);
        registry.register(names::CACHE_SESSIONS, "Sessions kept in memory, live and ended", sessions);
        registry.register(names::CACHE_BYTES, "Memory that they take, about", bytes);
        registry.register(names::CACHE_VIOLATIONS, "Answers found to be older than promised: must be 0", violations);
        metrics
    }

    /// The store told of a change.
    pub(crate) fn change_received(&self, change: Invalidation) {
        self.invalidations
            .get(match change {
                Invalidation::User(_) => InvalidationKind::User,
                Invalidation::Generations(_) => InvalidationKind::Generations,
                Invalidation::Bucket(_) => InvalidationKind::Bucket,
            })
            .inc();
    }
}

impl CacheObserver for Metrics {
    fn hit(&self, age: Duration) {
        self.near_cache.lease_age.observe(age);
        self.near_cache.reads.get(ReadOutcome::Hit).inc();
    }

    fn missed(&self, kept: bool) {
        self.near_cache.reads.get(if kept { ReadOutcome::MissCached } else { ReadOutcome::MissNotCached }).inc();
    }

    fn joined(&self) {
        self.near_cache.reads.get(ReadOutcome::Coalesced).inc();
    }

    fn fell_back(&self, why: Fallback) {
        self.near_cache.reads.get(ReadOutcome::Fallback).inc();
        self.near_cache.fallbacks.get(why).inc();
    }

    fn served_stale(&self) {
        self.near_cache.violations.inc();
    }
}

impl Metrics {
    /// How much the near cache holds.
    pub fn record_near_cache_size(&self, size: CacheSize) {
        self.near_cache.sessions.set(i64::try_from(size.sessions).unwrap_or(i64::MAX));
        self.near_cache.bytes.set(i64::try_from(size.bytes).unwrap_or(i64::MAX));
    }
}
