//! Alerts that were raised, and logins that rules could not evaluate.

use prometheus_client::{metrics::counter::Counter, registry::Registry};

use crate::{
    detection::{AlertRule, NotEvaluatedReason},
    domain::{
        AuthEventKind,
        alert::{AlertVerdict, Severity},
    },
};

use super::{MetricFamily, MetricLabel, label::metric_label_for, names};

#[derive(Clone, Copy)]
pub(super) struct AlertRaisedLabels(pub AlertRule, pub Severity);

impl MetricLabel for AlertRaisedLabels {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        AlertRule::all().flat_map(|rule| Severity::ALL.into_iter().map(move |severity| Self(rule, severity)))
    }

    fn index(self) -> usize {
        self.0.index() * Severity::ALL.len() + self.1 as usize - 1
    }

    fn labels(self) -> Self::Labels {
        [("rule", self.0.name()), ("severity", self.1.name())]
    }
}

#[derive(Clone, Copy)]
pub(super) struct NotEvaluatedLabels(pub AlertRule, pub NotEvaluatedReason);

impl MetricLabel for NotEvaluatedLabels {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        AlertRule::all().flat_map(|rule| NotEvaluatedReason::ALL.into_iter().map(move |reason| Self(rule, reason)))
    }

    fn index(self) -> usize {
        self.0.index() * NotEvaluatedReason::ALL.len() + self.1 as usize
    }

    fn labels(self) -> Self::Labels {
        [("rule", self.0.name()), ("reason", self.1.name())]
    }
}

metric_label_for!(AuthEventKind, "kind", |kind| usize::from(kind.code()) - 1);

metric_label_for!(AlertVerdict, "verdict", |verdict| usize::from(verdict.code()) - 1);

#[derive(Clone, Debug, Default)]
pub(super) struct DetectionMetrics {
    pub raised: MetricFamily<AlertRaisedLabels, Counter>,
    pub acknowledged: MetricFamily<AlertVerdict, Counter>,
    pub not_evaluated: MetricFamily<NotEvaluatedLabels, Counter>,
    pub conflicts: Counter,
    pub failures: MetricFamily<AuthEventKind, Counter>,
    pub unrecorded_failures: Counter,
    pub throttles: Counter,
    pub dropped_clients: Counter,
    pub guessed_tokens: Counter,
    pub dropped_tokens: Counter,
    pub evaluation_failures: Counter,
}

impl DetectionMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self {
            raised,
            acknowledged,
            not_evaluated,
            conflicts,
            failures,
            unrecorded_failures,
            throttles,
            dropped_clients,
            guessed_tokens,
            dropped_tokens,
            evaluation_failures,
        } = metrics.clone();
        registry.register(names::ALERTS_RAISED, "Alerts raised", raised);
        registry.register(names::ALERTS_ACKNOWLEDGED, "Alerts that were answered, once for each answer", acknowledged);
        registry.register(
            names::NOT_EVALUATED,
            "Logins and clients of sessions that a rule could not evaluate",
            not_evaluated,
        );
        registry.register(
            names::HISTORY_CONFLICTS,
            "Logins evaluated again because of a concurrent login of the same user",
            conflicts,
        );
        registry.register(names::LOGIN_FAILURES, "Failed authentications reported", failures);
        let about = "Failed authentications that are not recorded in the audit because of its backlog";
        registry.register(names::LOGIN_FAILURES_UNRECORDED, about, unrecorded_failures);
        registry.register(names::THROTTLES_ADVISED, "Reports answered with the advice to wait", throttles);
        let about = "New clients of sessions that were not compared with those before, because too many waited";
        registry.register(names::SESSION_CLIENTS_DROPPED, about, dropped_clients);
        let about = "Tokens in the right form that this installation did not issue";
        registry.register(names::TOKENS_GUESSED, about, guessed_tokens);
        let about =
            "Sources of guessed tokens and uses of ended sessions that were not evaluated, because too many waited";
        registry.register(names::REJECTED_TOKENS_DROPPED, about, dropped_tokens);
        let about = "Findings and responses that were lost because the session store failed";
        registry.register(names::DETECTION_FAILURES, about, evaluation_failures);
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_own_index() {
        assert!(AlertRaisedLabels::all().enumerate().all(|(index, pair)| pair.index() == index));
        assert!(NotEvaluatedLabels::all().enumerate().all(|(index, pair)| pair.index() == index));
    }
}
