//! Whether this node should be sent calls: what its checks found, and how long ago.

mod check_record;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    clock::Clock,
    telemetry::{
        Metrics,
        metrics::{MetricLabel, ReadinessCheck},
    },
    transport::http::{CheckReport, CheckState, ManagementSource, ReadinessReport},
};

use check_record::CheckRecord;

/// How long a result counts unless it says otherwise. Checks run every second or two and may take five.
const DEFAULT_VALIDITY: Duration = Duration::from_secs(10);

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckResult {
    pub(super) state: CheckState,
    pub(super) detail: String,
    /// How long it counts. A check that has no newer result by then hangs.
    valid_for: Duration,
}

impl CheckResult {
    pub(super) fn new(state: CheckState, detail: impl Into<String>) -> Self {
        Self { state, detail: detail.into(), valid_for: DEFAULT_VALIDITY }
    }

    /// For checks that run less often.
    pub(super) fn with_valid_for(self, span: Duration) -> Self {
        Self { valid_for: span, ..self }
    }
}

/// The last result of every check. Results age by a clock that nobody sets: one that is too old says that its check
/// hangs, which counts as failed where the check decides and as degraded where it does not.
pub(super) struct Readiness {
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    records: Mutex<Vec<(ReadinessCheck, CheckRecord)>>,
    is_ready: watch::Sender<bool>,
}

impl Readiness {
    /// Not ready until every check that decides has passed.
    pub(super) fn new(metrics: Arc<Metrics>, clock: Arc<dyn Clock>) -> Self {
        let now = clock.instant().since_boot;
        let records = ReadinessCheck::all().map(|check| (check, CheckRecord::new(state_without_result(check), now)));
        let readiness =
            Self { metrics, clock, records: Mutex::new(records.collect()), is_ready: watch::Sender::new(false) };
        let taking_calls = CheckResult::new(CheckState::Ok, "taking calls").with_valid_for(Duration::MAX);
        readiness.record(ReadinessCheck::Server, taking_calls);
        readiness
    }

    /// From here on this node is not to be sent calls.
    pub(super) fn drain(&self) {
        let shutting_down = CheckResult::new(CheckState::Failed, "shutting down").with_valid_for(Duration::MAX);
        self.record(ReadinessCheck::Server, shutting_down);
    }

    /// Takes over what a check found.
    pub(super) fn record(&self, check: ReadinessCheck, result: CheckResult) {
        let now = self.clock.instant().since_boot;
        if let Some((_, record)) = self.records().iter_mut().find(|(of, _)| *of == check) {
            record.update(result, now);
        }
        self.evaluate();
    }

    /// Logs and exports every change of a state, those by age included.
    pub(super) fn evaluate(&self) {
        let now = self.clock.instant().since_boot;
        let mut records = self.records();
        let mut is_ready = true;
        for (check, record) in records.iter_mut() {
            let (state, detail) = record.current(now, state_without_result(*check));
            is_ready &= state != CheckState::Failed;
            self.metrics.record_readiness_check(*check, state);
            if record.note_change(state, now) {
                log_change(*check, state, &detail);
            }
        }
        drop(records);
        self.is_ready.send_if_modified(|was_ready| std::mem::replace(was_ready, is_ready) != is_ready);
    }

    /// Follows whether the node is ready.
    pub(super) fn subscribe(&self) -> watch::Receiver<bool> {
        self.is_ready.subscribe()
    }

    fn records(&self) -> MutexGuard<'_, Vec<(ReadinessCheck, CheckRecord)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of a check that has no result, or none that counts any more. Sessions do without the cache, the audit,
/// GeoIP databases and alerts; and verdicts do without changes.
const fn state_without_result(check: ReadinessCheck) -> CheckState {
    match check {
        ReadinessCheck::Server
        | ReadinessCheck::Store
        | ReadinessCheck::Clock
        | ReadinessCheck::Callers
        | ReadinessCheck::Certificates => CheckState::Failed,
        ReadinessCheck::StoreWrites
        | ReadinessCheck::StoreSettings
        | ReadinessCheck::Cache
        | ReadinessCheck::Audit
        | ReadinessCheck::GeoIp
        | ReadinessCheck::Alerts => CheckState::Degraded,
    }
}

fn log_change(check: ReadinessCheck, state: CheckState, detail: &str) {
    if check == ReadinessCheck::Server {
        // A shutdown is logged where it is asked for.
        return;
    }
    let check = check.name();
    match state {
        CheckState::Ok => tracing::info!(check, detail, "a readiness check passes again"),
        CheckState::Degraded => {
            tracing::warn!(check, detail, "a readiness check is degraded; this node stays ready");
        }
        CheckState::Failed => {
            tracing::error!(check, detail, "a readiness check failed; this node is not ready until it passes");
        }
    }
}

impl ManagementSource for Readiness {
    fn readiness(&self) -> ReadinessReport {
        let now = self.clock.instant().since_boot;
        let records = self.records();
        let checks = records.iter().map(|(check, record)| {
            let (state, detail) = record.current(now, state_without_result(*check));
            CheckReport { name: check.name(), state, detail }
        });
        ReadinessReport { checks: checks.collect() }
    }

    fn metrics(&self) -> String {
        self.evaluate();
        self.metrics.encode()
    }
}
