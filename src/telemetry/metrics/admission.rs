//! Places in budgets, and calls that got none.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::transport::grpc::admission::{AdmissionRefusal, WorkKind};

use super::{MetricFamily, MetricLabel, label::label_of, names};

label_of!(WorkKind, "budget");

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
        registry.register(names::ADMISSION_CAPACITY, "Places that each budget has", capacity);
        registry.register(names::ADMISSION_IN_USE, "Places of each budget that are taken", in_use);
        registry.register(names::ADMISSION_REFUSALS, "Calls that got no place in a budget", refusals);
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_a_place_of_its_own() {
        assert!(AdmissionRefusalLabels::all().enumerate().all(|(place, pair)| pair.index() == place));
    }
}
