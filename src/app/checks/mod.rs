//! The readiness checks of a node. Each runs in its own task and within a time limit, so that a stuck check hides no
//! result of the others.

mod alerts;
mod audit;
mod certificates;
mod near_cache;
mod store;

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{
    binding::InstallationBinding,
    callers::CallerAuthenticator,
    readiness::{CheckResult, Readiness},
};
use crate::{
    authority::{SessionActivity, audit_condition::AuditCondition, backlog::BacklogGate, clock_monitor::ClockMonitor},
    clock::Clock,
    lifecycle::TaskGroup,
    near_cache::NearCache,
    store::{SharedWork, StoreHealth},
    telemetry::{Metrics, metrics::ReadinessCheck},
    transport::{grpc::HealthReporter, http::CheckState},
};

pub(super) use self::{
    alerts::AlertStatusReceivers, audit::AuditStatusReceivers, certificates::CertificateWatch, store::compare_clocks,
};

/// The interval of each check.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The interval of write probes. Each write costs an embedded store a page on disk.
const WRITE_PROBE_INTERVAL: Duration = Duration::from_secs(2);

/// The time limit of one check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// The parts that the checks inspect.
pub(super) struct ReadinessChecks {
    pub(super) store: Arc<dyn StoreHealth>,
    pub(super) shared: Option<SharedWork>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clock_monitor: Arc<ClockMonitor>,
    pub(super) binding: Arc<InstallationBinding>,
    pub(super) audit_condition: Arc<AuditCondition>,
    pub(super) max_clock_skew: Duration,
    pub(super) activity: Arc<SessionActivity>,
    pub(super) near_cache: Arc<NearCache>,
    pub(super) is_cache_enabled: bool,
    pub(super) audit: AuditStatusReceivers,
    pub(super) alerts: AlertStatusReceivers,
    pub(super) callers: Arc<CallerAuthenticator>,
    pub(super) certificates: CertificateWatch,
    pub(super) backlog: Arc<BacklogGate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) health: HealthReporter,
}

impl ReadinessChecks {
    /// Starts all checks.
    pub(super) fn spawn(self, tasks: &TaskGroup) {
        let (health, readiness, stop) = (self.health.clone(), Arc::clone(&self.readiness), tasks.stop_token());
        tasks.spawn("health", async move {
            stop.run_until_cancelled(report_health(health, readiness)).await;
        });
        let checks = Arc::new(self);
        let on = Arc::clone(&checks);
        tasks.spawn_periodic("check store", CHECK_INTERVAL, move || Arc::clone(&on).check_store());
        let on = Arc::clone(&checks);
        tasks.spawn_periodic("check store writes", WRITE_PROBE_INTERVAL, move || {
            let on = Arc::clone(&on);
            async move {
                on.record_within_timeout(ReadinessCheck::StoreWrites, store::probe_write(&*on.store, &*on.clock)).await;
            }
        });
        checks.spawn_check(tasks, ReadinessCheck::StoreSettings, |on| {
            let problems = on.store.setting_problems();
            on.metrics.record_store_settings(&problems);
            store::check_settings(&problems)
        });
        checks.spawn_check(tasks, ReadinessCheck::Audit, Self::check_audit);
        checks.spawn_check(tasks, ReadinessCheck::Alerts, |on| on.alerts.check(&on.metrics, on.clock.now()));
        checks.spawn_check(tasks, ReadinessCheck::Callers, |on| on.callers.check());
        checks.spawn_check(tasks, ReadinessCheck::Certificates, |on| on.certificates.check());
        checks.spawn_check(tasks, ReadinessCheck::Cache, |on| {
            on.metrics.record_near_cache_size(on.near_cache.memory.size());
            on.metrics.record_pending_touch_sessions(on.activity.tracked_sessions());
            near_cache::check(&on.near_cache, on.is_cache_enabled)
        });
    }

    /// Starts a check that does not wait.
    fn spawn_check(
        self: &Arc<Self>,
        tasks: &TaskGroup,
        check: ReadinessCheck,
        look: impl Fn(&Self) -> CheckResult + Send + Sync + 'static,
    ) {
        let (on, look) = (Arc::clone(self), Arc::new(look));
        tasks.spawn_periodic(check.name(), CHECK_INTERVAL, move || {
            let (on, look) = (Arc::clone(&on), Arc::clone(&look));
            async move { on.readiness.record(check, look(&on)) }
        });
    }

    /// Records the result of a check, or that it had none in time.
    async fn record_within_timeout(&self, check: ReadinessCheck, look: impl Future<Output = CheckResult>) {
        let result = timeout(CHECK_TIMEOUT, look).await;
        let in_time = result.unwrap_or_else(|_| CheckResult::new(timeout_state(check), no_response()));
        self.readiness.record(check, in_time);
    }

    async fn check_store(self: Arc<Self>) {
        let look = store::read_state(&*self.store, &*self.clock, &self.clock_monitor, &self.binding);
        let looked = timeout(CHECK_TIMEOUT, look).await;
        let state = looked.unwrap_or_else(|_| store::StoreState::Unreachable { error: no_response() });
        if let store::StoreState::Reachable { skew, .. } = &state {
            self.metrics.record_clock_skew(*skew);
        }
        for (check, result) in state.results(self.max_clock_skew) {
            self.readiness.record(check, result);
        }
    }

    fn check_audit(&self) -> CheckResult {
        let now = self.clock.now();
        let status = self.audit.status();
        self.backlog.update_backlog(status.relay.backlog.events, status.relay.counted_at);
        self.metrics.record_outbox(status.relay.backlog, now);
        self.metrics.record_background_work(self.shared.as_ref().map(|work| work.assignment.as_ref()));
        self.metrics.record_relay(status.relay.appended, status.relay.dead_letters, status.relay.error().is_some());
        self.metrics.record_audit_maintenance(status.maintenance.completed_at, status.maintenance.clock_ahead);
        let went_back = || Some(CheckResult::new(CheckState::Degraded, self.audit_condition.rollback_fault()?));
        self.binding.audit_conflict().or_else(went_back).unwrap_or_else(|| status.check(now))
    }
}

fn no_response() -> String {
    format!("no response within {} s", CHECK_TIMEOUT.as_secs())
}

const fn timeout_state(check: ReadinessCheck) -> CheckState {
    match check {
        ReadinessCheck::Store => CheckState::Failed,
        _ => CheckState::Degraded,
    }
}

/// Forwards every change of readiness to gRPC health, and changes by age within a second.
async fn report_health(health: HealthReporter, readiness: Arc<Readiness>) {
    let mut is_ready = readiness.subscribe();
    let mut reported = None;
    loop {
        readiness.evaluate();
        let now_ready = *is_ready.borrow_and_update();
        if reported.replace(now_ready) != Some(now_ready) {
            health.set_serving(now_ready);
        }
        // Readiness is evaluated again either way. The sender lives as long as `readiness`.
        let _ = timeout(CHECK_INTERVAL, is_ready.changed()).await;
    }
}
