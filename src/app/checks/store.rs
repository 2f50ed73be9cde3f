//! The readiness checks of the store: reads, writes, settings and clock.

use std::time::Duration;

use crate::{
    app::{binding::InstallationBinding, readiness::CheckResult},
    authority::clock_monitor::ClockMonitor,
    clock::Clock,
    store::{SettingProblem, StoreClock, StoreError, StoreHealth},
    telemetry::metrics::ReadinessCheck,
    transport::http::CheckState,
};

/// The state of the store.
#[derive(Clone, Debug)]
pub(super) enum StoreState {
    /// The store has responded. `skew` is the difference between its clock and this node's.
    Reachable {
        engine: &'static str,
        skew: Duration,
    },
    Unreachable {
        error: String,
    },
}

/// Reads the store's time, and compares it with this node's. Returns the difference.
pub(in crate::app) async fn compare_clocks(
    store: &dyn StoreClock,
    clock: &dyn Clock,
    monitor: &ClockMonitor,
) -> Result<Duration, StoreError> {
    let asked = clock.instant();
    let theirs = store.time().await?;
    Ok(monitor.compare(asked, theirs, clock.instant()))
}

/// Reads the state of the store by comparing the clocks.
pub(super) async fn read_state(
    store: &dyn StoreHealth,
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

/// Returns the server settings that are weaker than recommended; they have an alert of their own. In a cluster, one
/// server may be unsafe and serve nothing while the store as a whole responds.
pub(super) fn check_settings(problems: &[SettingProblem]) -> CheckResult {
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let detail = if texts.is_empty() { "all settings are safe".to_owned() } else { texts.join("; ") };
    let is_unsafe = problems.iter().any(SettingProblem::is_blocking);
    CheckResult::new(if is_unsafe { CheckState::Degraded } else { CheckState::Ok }, detail)
}

/// Probes the store with a write. A store that reads but does not write is degraded: verdicts are right, changes are
/// refused.
pub(super) async fn probe_write(store: &dyn StoreHealth, clock: &dyn Clock) -> CheckResult {
    match store.probe_write(clock.now()).await {
        Ok(()) => CheckResult::new(CheckState::Ok, format!("{} accepts writes", store.engine())),
        Err(error) => CheckResult::new(CheckState::Degraded, format!("validations continue, writes fail: {error}")),
    }
}

impl StoreState {
    /// Returns the results for the store and for the clock. A clock that could not be compared counts as failed.
    pub(super) fn results(self, max_skew: Duration) -> [(ReadinessCheck, CheckResult); 2] {
        let (store, clock) = match self {
            Self::Unreachable { error } => (
                CheckResult::new(CheckState::Failed, error),
                CheckResult::new(CheckState::Failed, "not compared: the store is unavailable"),
            ),
            Self::Reachable { engine, skew } => {
                let state = if skew <= max_skew { CheckState::Ok } else { CheckState::Failed };
                let (skew, max_skew) = (skew.as_millis(), max_skew.as_millis());
                let detail = format!("{skew} ms from the store's clock (limit {max_skew} ms)");
                (CheckResult::new(CheckState::Ok, format!("{engine} is reachable")), CheckResult::new(state, detail))
            }
        };
        [(ReadinessCheck::Store, store), (ReadinessCheck::Clock, clock)]
    }
}
