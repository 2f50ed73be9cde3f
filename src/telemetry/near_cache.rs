//! A listener that is measured.

use std::sync::Arc;

use crate::{
    domain::Bucket,
    store::{Change, ChangeListener, Lease},
};

use super::metrics::{Metrics, NearCacheMetrics, Told};

/// Passes on what it is told, and counts it.
pub struct MeteredListener {
    metrics: NearCacheMetrics,
    listener: Arc<dyn ChangeListener>,
}

impl MeteredListener {
    pub fn new(listener: Arc<dyn ChangeListener>, metrics: &Metrics) -> Self {
        Self { metrics: metrics.near_cache.clone(), listener }
    }
}

impl ChangeListener for MeteredListener {
    fn attached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.listener.attached(bucket, lease);
        self.metrics.told.get(Told::Attached).inc();
    }

    fn detached(&self, bucket: Bucket, lease: &Arc<Lease>) {
        self.listener.detached(bucket, lease);
        self.metrics.told.get(Told::Detached).inc();
    }

    fn changed(&self, change: Change) {
        self.listener.changed(change);
        self.metrics.changed(change);
    }
}
