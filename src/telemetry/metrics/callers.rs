//! Who was not let in, and what became of a changed list of callers.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::callers::{AuthError, CallersReloadOutcome};

use super::{
    MetricFamily, MetricLabel, Metrics,
    label::{LabelPair, label},
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

label! {
    /// What a changed list of callers led to.
    CallersReloadLabel by "outcome" {
        Replaced = "replaced",
        /// It could not be used; the callers of before stayed.
        Rejected = "kept",
        /// It was gone for good; its keys were disabled.
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
        registry.register(names::AUTH_FAILURES, "Callers that were not let in", failures);
        registry.register(names::CALLER_RELOADS, "Changes of the list of callers seen", reloads);
        registry.register(names::CALLER_FILE_USABLE, "1 while what the callers file lists is in effect", usable);
        metrics
    }
}

impl Metrics {
    /// A caller was not let in.
    pub fn auth_failed(&self, error: AuthError) {
        self.callers.failures.get(error).inc();
    }

    /// The list of callers was looked at; one that had not changed is not counted.
    pub fn callers_reloaded(&self, outcome: &CallersReloadOutcome) {
        match outcome {
            CallersReloadOutcome::Unchanged => {}
            CallersReloadOutcome::Replaced { .. } => _ = self.callers.reloads.get(CallersReloadLabel::Replaced).inc(),
            CallersReloadOutcome::Rejected(_) => _ = self.callers.reloads.get(CallersReloadLabel::Rejected).inc(),
            CallersReloadOutcome::Disabled => self.caller_keys_disabled(),
        }
    }

    /// The keys of the callers file were disabled.
    pub fn caller_keys_disabled(&self) {
        self.callers.reloads.get(CallersReloadLabel::Disabled).inc();
    }

    /// Sets whether what the callers file lists is in effect.
    pub fn caller_file_usable(&self, is_usable: bool) {
        self.callers.usable.set(i64::from(is_usable));
    }
}
