//! The process and its clock.

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
    /// Registers the metrics in `registry`, which has no prefix.
    pub(super) fn register(registry: &mut Registry, started: UnixMillis) -> Self {
        let metrics = Self::default();
        let start = Gauge::<f64, AtomicU64>::default();
        start.set(started.since(UnixMillis::default()).as_secs_f64());
        registry.register(names::PROCESS_START, "Start time of the process, in seconds since 1970", start);
        let ours = registry.sub_registry_with_prefix(names::PREFIX);
        ours.register(
            names::BUILD,
            "Release of the running program",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let about = "Absolute difference between this node's clock and the store's in seconds";
        ours.register(names::CLOCK_SKEW, about, metrics.skew.clone());
        metrics
    }
}

impl Metrics {
    /// Records the difference between this node's clock and the store's.
    pub fn record_clock_skew(&self, skew: Duration) {
        self.process.skew.set(skew.as_secs_f64());
    }
}
