//! Whether the store reads and writes, and how far its clock is off.

use std::time::Duration;

use crate::{
    app::{binding::InstallationBinding, readiness::CheckResult},
    authority::clock_monitor::ClockMonitor,
    clock::Clock,
    store::{SessionStore, SettingProblem, StoreError},
    telemetry::metrics::ReadinessCheck,
    transport::http::CheckState,
};

/// A look at the store.
#[derive(Clone, Debug)]
pub(super) enum StoreState {
    /// It answered; so far is its clock from this node's.
    Reachable {
        engine: &'static str,
        skew: Duration,
    },
    Unreachable {
        error: String,
    },
}

/// Asks the store for its time, and compares it with this node's. Returns how far the two are apart.
pub(in crate::app) async fn compare_clocks(
    store: &dyn SessionStore,
    clock: &dyn Clock,
    monitor: &ClockMonitor,
) -> Result<Duration, StoreError> {
    let asked = clock.instant();
    let theirs = store.time().await?;
    Ok(monitor.compare(asked, theirs, clock.instant()))
}

/// Looks at the store by the comparison of the clocks.
pub(super) async fn read_state(
    store: &dyn SessionStore,
    clock: &dyn Clock,
    monitor: &ClockMonitor,
    binding: &InstallationBinding,
) -> StoreState {
    match compare_clocks(store, clock, monitor).await {
        Ok(skew) => StoreState::Reachable { engine: store.engine(), skew },
        Err(error) => {
            binding.adopt_if_empty(&error).await;
            StoreState::Unreachable { error: error.to_string() }
        }
    }
}

/// Says which settings of the servers are weaker than they should be; they have an alert of their own. Of a Cluster, one
/// server may be unsafe and serve nothing while the store as a whole answers.
pub(super) fn check_settings(problems: &[SettingProblem]) -> CheckResult {
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let detail = if texts.is_empty() { "as they should be".to_owned() } else { texts.join("; ") };
    let is_unsafe = problems.iter().any(SettingProblem::is_blocking);
    CheckResult::new(if is_unsafe { CheckState::Degraded } else { CheckState::Ok }, detail)
}

/// Has the store write. One that reads and does not write is degraded: verdicts are right, changes are refused.
pub(super) async fn probe_write(store: &dyn SessionStore, clock: &dyn Clock) -> CheckResult {
    match store.probe_write(clock.now()).await {
        Ok(()) => CheckResult::new(CheckState::Ok, format!("{} takes changes", store.engine())),
        Err(error) => CheckResult::new(CheckState::Degraded, format!("verdicts go on, changes are refused: {error}")),
    }
}

impl StoreState {
    /// Returns what the look says of the store, and of the clock. Of a clock that could not be compared nothing is
    /// known.
    pub(super) fn results(self, max_skew: Duration) -> [(ReadinessCheck, CheckResult); 2] {
        let (store, clock) = match self {
            Self::Unreachable { error } => (
                CheckResult::new(CheckState::Failed, error),
                CheckResult::new(CheckState::Failed, "not compared, as the store does not answer"),
            ),
            Self::Reachable { engine, skew } => {
                let state = if skew <= max_skew { CheckState::Ok } else { CheckState::Failed };
                let (skew, max_skew) = (skew.as_millis(), max_skew.as_millis());
                let detail = format!("{skew} ms from the store's; at most {max_skew} ms are allowed");
                (CheckResult::new(CheckState::Ok, format!("{engine} answers")), CheckResult::new(state, detail))
            }
        };
        [(ReadinessCheck::Store, store), (ReadinessCheck::Clock, clock)]
    }
}
