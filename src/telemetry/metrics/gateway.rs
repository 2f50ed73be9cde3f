//! Decisions about the requests of gateways.

use prometheus_client::{metrics::counter::Counter, registry::Registry};

use crate::transport::{DecisionObserver, DecisionOutcome, GatewayProtocol};

use super::{MetricFamily, MetricLabel, Metrics, names};

#[derive(Clone, Copy)]
pub(super) struct DecisionLabels(GatewayProtocol, DecisionOutcome);

impl MetricLabel for DecisionLabels {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        GatewayProtocol::ALL
            .into_iter()
            .flat_map(|protocol| DecisionOutcome::ALL.into_iter().map(move |outcome| Self(protocol, outcome)))
    }

    fn index(self) -> usize {
        self.0 as usize * DecisionOutcome::ALL.len() + self.1 as usize
    }

    fn labels(self) -> Self::Labels {
        [("protocol", self.0.name()), ("outcome", self.1.name())]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct GatewayMetrics {
    decisions: MetricFamily<DecisionLabels, Counter>,
}

impl GatewayMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(names::GATEWAY_DECISIONS, "Decisions about requests of gateways", metrics.decisions.clone());
        metrics
    }
}

impl DecisionObserver for Metrics {
    fn request_decided(&self, protocol: GatewayProtocol, outcome: DecisionOutcome) {
        self.gateway.decisions.get(DecisionLabels(protocol, outcome)).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_own_index() {
        assert!(DecisionLabels::all().enumerate().all(|(index, pair)| pair.index() == index));
    }
}
