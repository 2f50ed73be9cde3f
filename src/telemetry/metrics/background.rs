//! Division of the background work among nodes.

use std::sync::atomic::Ordering;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    domain::BucketSet,
    store::{BucketAssignment, ClusterView},
};

use super::{Metrics, names};

#[derive(Clone, Debug, Default)]
pub(super) struct BackgroundMetrics {
    owned: Gauge,
    unowned: Gauge,
    nodes: Gauge,
    takeovers: Counter,
}

impl BackgroundMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { owned, unowned, nodes, takeovers } = metrics.clone();
        registry.register(names::BUCKETS_OWNED, "Buckets whose background work this node owns", owned);
        registry.register(
            names::BUCKETS_UNOWNED,
            "Buckets without an owner as far as this node knows; 256 while it cannot find out",
            unowned,
        );
        registry.register(names::LIVE_NODES, "Nodes that share the store, this one included; 0 if unknown", nodes);
        registry.register(names::TAKEOVERS, "Buckets that this node took over from another one", takeovers);
        metrics
    }
}

impl Metrics {
    /// Records the division of the background work. `None`: this node owns all buckets.
    pub fn record_background_work(&self, assignment: Option<&BucketAssignment>) {
        let sole = ClusterView { nodes: 1, covered: BucketSet::ALL, ..ClusterView::default() };
        let view = assignment.map_or(Some(sole), BucketAssignment::cluster_view).unwrap_or_default();
        let owned = assignment.map_or(BucketSet::ALL, BucketAssignment::owned);
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.background.owned.set(number(owned.len()));
        self.background.unowned.set(number(BucketSet::ALL.difference(view.covered).len()));
        self.background.nodes.set(number(view.nodes));
        let takeovers = assignment.map_or(0, BucketAssignment::takeovers);
        self.background.takeovers.inner().store(takeovers, Ordering::Relaxed);
    }
}
