//! What a node looks at again and again: each thing in a task of its own and within a time limit, so that one that
//! hangs hides nothing of the others.

mod alerts;
mod audit;
mod certificates;
mod store;

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{
    binding::Binding,
    callers::KnownCallers,
    near_cache::Cached,
    readiness::{CheckResult, Readiness},
};
use crate::{
    authority::{Authority, audit_condition::AuditCondition, backlog::BacklogGate, clock_monitor::ClockMonitor},
    clock::Clock,
    lifecycle::Tasks,
    store::{SessionStore, SharedWork},
    telemetry::{Metrics, metrics::ReadinessCheck},
    transport::{grpc::Health, http::CheckState},
};

pub(super) use self::{alerts::Alerts, audit::Audit, certificates::CertificateWatch, store::compare_clocks};

/// How often each thing is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often the store is asked to write. Each write costs an embedded store a page on disk.
const PROBE_WRITE: Duration = Duration::from_secs(2);

/// How long one look may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What the checks look at.
pub(super) struct Checks {
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) shared: Option<SharedWork>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clock_monitor: Arc<ClockMonitor>,
    pub(super) binding: Arc<Binding>,
    pub(super) audit_condition: Arc<AuditCondition>,
    pub(super) max_clock_skew: Duration,
    pub(super) authority: Arc<Authority>,
    pub(super) cached: Arc<Cached>,
    pub(super) audit: Audit,
    pub(super) alerts: Alerts,
    pub(super) callers: Arc<KnownCallers>,
    pub(super) certificates: CertificateWatch,
    pub(super) backlog: Arc<BacklogGate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) health: Health,
}

impl Checks {
    /// Starts all of them.
    pub(super) fn spawn(self, tasks: &Tasks) {
        let (health, readiness, stop) = (self.health.clone(), Arc::clone(&self.readiness), tasks.token());
        tasks.spawn("health", async move {
            stop.run_until_cancelled(report_health(health, readiness)).await;
        });
        let checks = Arc::new(self);
        let on = Arc::clone(&checks);
        tasks.every("check store", LOOK, move || Arc::clone(&on).look_at_store());
        let on = Arc::clone(&checks);
        tasks.every("check store writes", PROBE_WRITE, move || {
            let on = Arc::clone(&on);
            async move { on.look(ReadinessCheck::StoreWrites, store::probe_write(&*on.store, &*on.clock)).await }
        });
        checks.every(tasks, ReadinessCheck::StoreSettings, |on| {
            let problems = on.cached.tracked.setting_problems();
            on.metrics.store_settings(&problems);
            store::check_settings(&problems)
        });
        checks.every(tasks, ReadinessCheck::Audit, Self::look_at_audit);
        checks.every(tasks, ReadinessCheck::Alerts, |on| on.alerts.check(&on.metrics, on.clock.now()));
        checks.every(tasks, ReadinessCheck::Callers, |on| on.callers.check());
        checks.every(tasks, ReadinessCheck::Certificates, |on| on.certificates.check());
        checks.every(tasks, ReadinessCheck::Cache, |on| {
            on.metrics.near_cache(on.cached.near.size());
            on.metrics.followed_sessions(on.authority.followed_sessions());
            on.cached.check()
        });
    }

    /// Starts a check that waits for nothing.
    fn every(
        self: &Arc<Self>,
        tasks: &Tasks,
        check: ReadinessCheck,
        look: impl Fn(&Self) -> CheckResult + Send + Sync + 'static,
    ) {
        let (on, look) = (Arc::clone(self), Arc::new(look));
        tasks.every(check.name(), LOOK, move || {
            let (on, look) = (Arc::clone(&on), Arc::clone(&look));
            async move { on.readiness.record(check, look(&on)) }
        });
    }

    /// Records what a look finds, or that it finds nothing in time.
    async fn look(&self, check: ReadinessCheck, look: impl Future<Output = CheckResult>) {
        let result = timeout(LIMIT, look).await;
        let in_time = result.unwrap_or_else(|_| CheckResult::new(overdue(check), no_answer()));
        self.readiness.record(check, in_time);
    }

    async fn look_at_store(self: Arc<Self>) {
        let look = store::look(&*self.store, &*self.clock, &self.clock_monitor, &self.binding);
        let looked = timeout(LIMIT, look).await;
        let state = looked.unwrap_or_else(|_| store::StoreState::Silent { error: no_answer() });
        if let store::StoreState::Answers { skew, .. } = &state {
            self.metrics.clock_skew(*skew);
        }
        for (check, result) in state.results(self.max_clock_skew) {
            self.readiness.record(check, result);
        }
    }

    fn look_at_audit(&self) -> CheckResult {
        let now = self.clock.now();
        let status = self.audit.status();
        self.backlog.measured(status.relay.backlog.events, status.relay.counted_at);
        self.metrics.outbox(status.relay.backlog, now);
        self.metrics.background_work(self.shared.as_ref().map(|work| work.assignment.as_ref()));
        self.metrics.relayed(status.relay.appended, status.relay.set_aside, status.relay.error().is_some());
        self.metrics.audit_kept(status.upkeep.done, status.upkeep.clock_ahead);
        let went_back = || Some(CheckResult::new(CheckState::Degraded, self.audit_condition.went_back()?));
        self.binding.audit_conflict().or_else(went_back).unwrap_or_else(|| status.check(now))
    }
}

fn no_answer() -> String {
    format!("no answer within {} s", LIMIT.as_secs())
}

const fn overdue(check: ReadinessCheck) -> CheckState {
    match check {
        ReadinessCheck::Store => CheckState::Failed,
        _ => CheckState::Degraded,
    }
}

/// Passes every change of readiness on to gRPC health, changes by age within a second.
async fn report_health(health: Health, readiness: Arc<Readiness>) {
    let mut is_ready = readiness.subscribe();
    let mut reported = None;
    loop {
        readiness.evaluate();
        let now_ready = *is_ready.borrow_and_update();
        if reported.replace(now_ready) != Some(now_ready) {
            health.set(now_ready);
        }
        // Either way it is looked at again; the sender lives as long as `readiness`.
        let _ = timeout(LOOK, is_ready.changed()).await;
    }
}
