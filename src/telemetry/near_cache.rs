//! A listener that is measured.

use std::sync::Arc;

use crate::{
    domain::Bucket,
    store::{Invalidation, InvalidationListener, Lease},
};

use super::metrics::{InvalidationKind, Metrics, NearCacheMetrics};

/// Passes on what it is told, and counts it.
pub struct MeteredListener {
    metrics: NearCacheMetrics,
    listener: Arc<dyn InvalidationListener>,
}

impl MeteredListener {
    pub fn new(listener: Arc<dyn InvalidationListener>, metrics: &Metrics) -> Self {
        Self { metrics: metrics.near_cache.clone(), listener }
    }
}

impl InvalidationListener for MeteredListener {
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.listener.attach(bucket, lease);
        self.metrics.invalidations.get(InvalidationKind::Attached).inc();
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.listener.detach(bucket, lease);
        self.metrics.invalidations.get(InvalidationKind::Detached).inc();
    }

    fn invalidate(&self, change: Invalidation) {
        self.listener.invalidate(change);
        self.metrics.change_received(change);
    }
}
