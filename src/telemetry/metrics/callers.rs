//! Authentication failures and reloads of the callers file.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::callers::{AuthError, CallersReloadOutcome};

use super::{
    MetricFamily, MetricLabel, Metrics,
    label::{LabelPair, metric_label},
    names,
};

impl MetricLabel for AuthError {
    type Labels = LabelPair;

    fn all() -> impl Iterator<Item = Self> {
        [Self::Missing, Self::Malformed, Self::Unknown, Self::Expired, Self::Revoked].into_iter()
    }

    fn index(self) -> usize {
        self as usize
    }

    fn labels(self) -> Self::Labels {
        let name = match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        };
        [("reason", name)]
    }
}

metric_label! {
    /// The outcome of a reload of the callers file.
    CallersReloadLabel by "outcome" {
        Replaced = "replaced",
        /// The file is invalid; its previous keys stay valid.
        Rejected = "rejected",
        /// The file was deleted, or invalid for too long; its keys are disabled.
        Disabled = "disabled",
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct CallerMetrics {
    failures: MetricFamily<AuthError, Counter>,
    reloads: MetricFamily<CallersReloadLabel, Counter>,
    usable: Gauge,
}

impl CallerMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { failures, reloads, usable } = metrics.clone();
        registry.register(names::AUTH_FAILURES, "Failed caller authentications", failures);
        registry.register(names::CALLER_RELOADS, "Reloads of the callers file", reloads);
        registry.register(names::CALLER_FILE_USABLE, "1 while the keys of the callers file are in effect", usable);
        metrics
    }
}

impl Metrics {
    /// Counts a failed authentication.
    pub fn auth_failed(&self, error: AuthError) {
        self.callers.failures.get(error).inc();
    }

    /// Counts a reload of the callers file. A check that found no change is not counted.
    pub fn callers_reloaded(&self, outcome: &CallersReloadOutcome) {
        match outcome {
            CallersReloadOutcome::Unchanged => {}
            CallersReloadOutcome::Replaced { .. } => _ = self.callers.reloads.get(CallersReloadLabel::Replaced).inc(),
            CallersReloadOutcome::Rejected(_) => _ = self.callers.reloads.get(CallersReloadLabel::Rejected).inc(),
            CallersReloadOutcome::Disabled => self.caller_keys_disabled(),
        }
    }

    /// Counts that the keys of the callers file were disabled.
    pub fn caller_keys_disabled(&self) {
        self.callers.reloads.get(CallersReloadLabel::Disabled).inc();
    }

    /// Records whether the keys of the callers file are in effect.
    pub fn caller_file_usable(&self, is_usable: bool) {
        self.callers.usable.set(i64::from(is_usable));
    }
}
