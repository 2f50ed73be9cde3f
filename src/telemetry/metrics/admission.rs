//! Permits of budgets, and calls that got none.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::transport::grpc::admission::{AdmissionRefusal, WorkKind};

use super::{MetricFamily, MetricLabel, label::metric_label_for, names};

metric_label_for!(WorkKind, "budget");

#[derive(Clone, Copy)]
pub(super) struct AdmissionRefusalLabels(pub WorkKind, pub AdmissionRefusal);

impl MetricLabel for AdmissionRefusalLabels {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        WorkKind::ALL
            .into_iter()
            .flat_map(|work| AdmissionRefusal::ALL.into_iter().map(move |refusal| Self(work, refusal)))
    }

    fn index(self) -> usize {
        self.0 as usize * AdmissionRefusal::ALL.len() + self.1 as usize
    }

    fn labels(self) -> Self::Labels {
        [("budget", self.0.name()), ("reason", self.1.name())]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct AdmissionMetrics {
    pub capacity: MetricFamily<WorkKind, Gauge>,
    pub in_use: MetricFamily<WorkKind, Gauge>,
    pub refusals: MetricFamily<AdmissionRefusalLabels, Counter>,
}

impl AdmissionMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { capacity, in_use, refusals } = metrics.clone();
        registry.register(names::ADMISSION_CAPACITY, "Permits of each budget", capacity);
        registry.register(names::ADMISSION_IN_USE, "Permits of each budget in use", in_use);
        registry.register(names::ADMISSION_REFUSALS, "Calls rejected because no permit was free", refusals);
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_own_index() {
        assert!(AdmissionRefusalLabels::all().enumerate().all(|(index, pair)| pair.index() == index));
    }
}
