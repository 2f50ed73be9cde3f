//! Operations of the session store, and the settings of its servers.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::store::{ServerSetting, SettingProblem, StoreError};

use super::{
    LatencyHistogram, MetricFamily, MetricLabel, Metrics,
    label::{metric_label, metric_label_for},
    names,
};

metric_label_for!(ServerSetting, "setting");

metric_label! {
    /// An operation of the store.
    StoreOperation by "operation" {
        Create = "create",
        LoadUserState = "load_user_state",
        LoadSignInState = "load_sign_in_state",
        Load = "load",
        Touch = "touch",
        PutLastSeen = "put_last_seen",
        List = "list",
        Update = "update",
        PresentToken = "present_token",
        Revoke = "revoke",
        RevokeAll = "revoke_all",
        AnswerAlert = "answer_alert",
        Forget = "forget",
        RevokeMass = "revoke_mass",
        Deny = "deny",
        FindDenials = "find_denials",
        RecordFailure = "record_failure",
        RecordSuccess = "record_success",
        LoadFailures = "load_failures",
        RaiseFindings = "raise_findings",
        DeleteFailures = "delete_failures",
        Sweep = "sweep",
        ReadOutbox = "read_outbox",
        DeleteFromOutbox = "delete_from_outbox",
        Backlog = "backlog",
        Time = "time",
        ProbeWrite = "probe_write",
    }
}

metric_label! {
    /// The kind of a [`StoreError`].
    StoreFailure by "kind" {
        Unreachable = "unreachable",
        Misconfigured = "misconfigured",
        NoResponse = "no_response",
        Partial = "partial",
        Collision = "collision",
        RecordTooLarge = "record_too_large",
        DenylistFull = "denylist_full",
        ClockSkewed = "clock_skewed",
        Binding = "binding",
        ClaimLost = "claim_lost",
        Corrupt = "corrupt",
    }
}

impl From<&StoreError> for StoreFailure {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Unreachable { .. } => Self::Unreachable,
            StoreError::Misconfigured { .. } => Self::Misconfigured,
            StoreError::NoResponse { .. } => Self::NoResponse,
            StoreError::PartiallyApplied { .. } | StoreError::PartiallyDenied { .. } => Self::Partial,
            StoreError::HandleCollision => Self::Collision,
            StoreError::RecordTooLarge { .. } => Self::RecordTooLarge,
            StoreError::DenylistFull { .. } => Self::DenylistFull,
            StoreError::ClockSkewed { .. } => Self::ClockSkewed,
            StoreError::Binding { .. } => Self::Binding,
            StoreError::ClaimLost { .. } => Self::ClaimLost,
            StoreError::Corrupt { .. } => Self::Corrupt,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct StoreFailureLabels(StoreOperation, StoreFailure);

impl MetricLabel for StoreFailureLabels {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        StoreOperation::all().flat_map(|operation| StoreFailure::all().map(move |kind| Self(operation, kind)))
    }

    fn index(self) -> usize {
        self.0.index() * StoreFailure::ALL.len() + self.1.index()
    }

    fn labels(self) -> Self::Labels {
        [("operation", self.0.name()), ("kind", self.1.name())]
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct StoreMetrics {
    duration: MetricFamily<StoreOperation, LatencyHistogram>,
    failures: MetricFamily<StoreFailureLabels, Counter>,
    settings: MetricFamily<ServerSetting, Gauge>,
    losses: Counter,
}

impl StoreMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { duration, failures, settings, losses } = metrics.clone();
        for setting in ServerSetting::ALL {
            settings.get(setting).set(1);
        }
        registry.register(names::STORE_DURATION, "Duration of store operations in seconds", duration);
        registry.register(names::STORE_FAILURES, "Failed store operations", failures);
        registry.register(names::STORE_SETTINGS, "1 while every server of the store meets a requirement", settings);
        registry.register(names::STORE_LOSSES, "Crashes in which the store lost its last changes", losses);
        metrics
    }

    /// Records the duration of an operation, and its failure if there was one.
    pub(crate) fn observe_call(&self, operation: StoreOperation, took: Duration, error: Option<&StoreError>) {
        self.duration.get(operation).observe(took);
        if let Some(error) = error {
            self.failures.get(StoreFailureLabels(operation, error.into())).inc();
        }
    }
}

impl Metrics {
    /// Counts a crash in which the store lost its last changes.
    pub fn store_lost_changes(&self) {
        self.store.losses.inc();
    }

    /// Records which requirements the servers of the store do not meet.
    pub fn record_store_settings(&self, problems: &[SettingProblem]) {
        for setting in ServerSetting::ALL {
            let is_met = !problems.iter().any(|problem| problem.setting == setting);
            self.store.settings.get(setting).set(is_met.into());
        }
    }
}
