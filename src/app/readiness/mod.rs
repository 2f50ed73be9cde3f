//! The readiness of this node for calls, derived from the results of its checks and their age.

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
pub(super) use check_record::CheckResult;

/// The last result of every check. Results age by a monotonic clock. A result that is too old shows that its check is
/// stuck. This counts as failed if verdicts depend on the check, and as degraded otherwise.
pub(super) struct Readiness {
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    records: Mutex<Vec<(ReadinessCheck, CheckRecord)>>,
    is_ready: watch::Sender<bool>,
}

impl Readiness {
    /// Creates a readiness that is not ready until every check on which verdicts depend has passed.
    pub(super) fn new(metrics: Arc<Metrics>, clock: Arc<dyn Clock>) -> Self {
        let now = clock.instant().since_boot;
        let records = ReadinessCheck::all().map(|check| (check, CheckRecord::new(state_without_result(check), now)));
        let readiness =
            Self { metrics, clock, records: Mutex::new(records.collect()), is_ready: watch::Sender::new(false) };
        let taking_calls = CheckResult::new(CheckState::Ok, "taking calls").with_valid_for(Duration::MAX);
        readiness.record(ReadinessCheck::Server, taking_calls);
        readiness
    }

    /// Makes the node not ready, so that it receives no more calls.
    pub(super) fn drain(&self) {
        let shutting_down = CheckResult::new(CheckState::Failed, "shutting down").with_valid_for(Duration::MAX);
        self.record(ReadinessCheck::Server, shutting_down);
    }

    /// Records the result of a check.
    pub(super) fn record(&self, check: ReadinessCheck, result: CheckResult) {
        let now = self.clock.instant().since_boot;
        if let Some((_, record)) = self.records().iter_mut().find(|(recorded, _)| *recorded == check) {
            record.update(result, now);
        }
        self.evaluate();
    }

    /// Logs and exports every change of a state, including changes by age.
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

    /// Returns a receiver that follows the readiness of the node.
    pub(super) fn subscribe(&self) -> watch::Receiver<bool> {
        self.is_ready.subscribe()
    }

    fn records(&self) -> MutexGuard<'_, Vec<(ReadinessCheck, CheckRecord)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the state of a check without a result, or without one that still counts. Sessions do not depend on the
/// cache, the audit, GeoIP databases and alerts. Verdicts do not depend on writes.
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
        // A shutdown is logged where it is requested.
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
