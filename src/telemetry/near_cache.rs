//! An invalidation listener with metrics.

use std::sync::Arc;

use crate::{
    domain::Bucket,
    near_cache::source::{Invalidation, InvalidationListener, Lease},
};

use super::metrics::{Metrics, NearCacheMetrics, TrackingChange};

/// Wraps an [`InvalidationListener`] and counts the invalidations and tracking changes that it receives.
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
        self.metrics.tracking_changed(TrackingChange::Attached);
    }

    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.listener.detach(bucket, lease);
        self.metrics.tracking_changed(TrackingChange::Detached);
    }

    fn invalidate(&self, change: Invalidation) {
        self.listener.invalidate(change);
        self.metrics.change_received(change);
    }
}
