//! The process itself, and its clock.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    metrics::{gauge::Gauge, info::Info},
    registry::Registry,
};

use crate::domain::UnixMillis;

use super::{Metrics, names};

#[derive(Clone, Debug, Default)]
pub(super) struct ProcessMetrics {
    skew: Gauge<f64, AtomicU64>,
}

impl ProcessMetrics {
    /// `registry` is the one without a prefix.
    pub(super) fn register(registry: &mut Registry, started: UnixMillis) -> Self {
        let metrics = Self::default();
        let start = Gauge::<f64, AtomicU64>::default();
        start.set(started.since(UnixMillis::default()).as_secs_f64());
        registry.register(names::PROCESS_START, "When the process began, in seconds since 1970", start);
        let ours = registry.sub_registry_with_prefix(names::PREFIX);
        ours.register(names::BUILD, "The release that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let about = "Between this node's clock and the store's, whichever is ahead";
        ours.register(names::CLOCK_SKEW, about, metrics.skew.clone());
        metrics
    }
}

impl Metrics {
    /// How far this node's clock is from the store's.
    pub fn record_clock_skew(&self, skew: Duration) {
        self.process.skew.set(skew.as_secs_f64());
    }
}
