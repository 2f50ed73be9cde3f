//! Whether this node should be sent calls, and what it has to tell.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    store::SettingProblem,
    telemetry::Metrics,
    transport::http::{Check, Management, Report},
};

/// What is known of the things that this node depends on.
pub(super) struct Readiness {
    metrics: Arc<Metrics>,
    max_skew: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    draining: bool,
    store: Option<StoreState>,
    audit: AuditState,
    places: String,
    alerts: String,
    cache: String,
    settings: String,
}

/// The last look at the store.
#[derive(Clone, Debug)]
pub(super) enum StoreState {
    /// It answered; so far is its clock from this node's.
    Answers {
        engine: &'static str,
        skew: Duration,
    },
    Silent {
        error: String,
    },
}

/// The last look at the audit database. Sessions do not depend on it, so it does not decide.
#[derive(Clone, Debug, Default)]
pub(super) struct AuditState {
    pub(super) waiting: u64,
    pub(super) oldest: Duration,
    pub(super) failure: Option<String>,
    /// Why what waits could not be counted this time.
    pub(super) uncounted: Option<String>,
    /// Why its upkeep is not done.
    pub(super) neglected: Option<String>,
}

impl Readiness {
    pub(super) fn new(metrics: Arc<Metrics>, max_skew: Duration) -> Self {
        Self { metrics, max_skew, state: Mutex::default() }
    }

    /// From here on this node is not to be sent calls.
    pub(super) fn drain(&self) {
        self.state().draining = true;
    }

    pub(super) fn set_store(&self, store: StoreState) {
        let mut state = self.state();
        let was_silent = matches!(state.store, Some(StoreState::Silent { .. }));
        match &store {
            StoreState::Silent { error } if !was_silent => {
                tracing::error!(error, "the session store does not answer; no verdicts until it does");
            }
            StoreState::Answers { .. } if was_silent => tracing::info!("the session store answers again"),
            StoreState::Answers { .. } | StoreState::Silent { .. } => {}
        }
        state.store = Some(store);
    }

    pub(super) fn set_audit(&self, audit: AuditState) {
        self.state().audit = audit;
    }

    /// How it stands with the databases of places. Sessions do without, so it does not decide.
    pub(super) fn set_places(&self, detail: String) {
        self.state().places = detail;
    }

    /// How it stands with alerts. Sessions do without, so it does not decide.
    pub(super) fn set_alerts(&self, detail: String) {
        self.state().alerts = detail;
    }

    /// Records which settings of the store's servers are weaker than they should be, which does not decide. While one is
    /// unsafe, the store itself fails and says why.
    pub(super) fn set_settings(&self, problems: &[SettingProblem]) {
        let texts: Vec<_> =
            problems.iter().filter(|problem| !problem.is_violation()).map(SettingProblem::to_string).collect();
        self.state().settings = texts.join("; ");
    }

    /// How it stands with the near cache. Sessions do without, so it does not decide.
    pub(super) fn set_cache(&self, detail: String) {
        self.state().cache = detail;
    }

    pub(super) fn is_ready(&self) -> bool {
        self.readiness().is_ready()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store_checks(&self, store: Option<&StoreState>) -> Vec<Check> {
        match store {
            None => vec![Check { name: "store", ok: false, detail: "not looked at yet".to_owned() }],
            Some(StoreState::Silent { error }) => vec![Check { name: "store", ok: false, detail: error.clone() }],
            Some(StoreState::Answers { engine, skew }) => vec![
                Check { name: "store", ok: true, detail: format!("{engine} answers") },
                Check {
                    name: "clock",
                    ok: *skew <= self.max_skew,
                    detail: format!(
                        "{} ms from the store's; at most {} ms are allowed",
                        skew.as_millis(),
                        self.max_skew.as_millis()
                    ),
                },
            ],
        }
    }
}

impl Management for Readiness {
    fn readiness(&self) -> Report {
        let state = self.state();
        let draining = state.draining;
        let detail = if draining { "shutting down" } else { "taking calls" };
        let mut checks = vec![Check { name: "server", ok: !draining, detail: detail.to_owned() }];
        checks.extend(self.store_checks(state.store.as_ref()));
        let AuditState { waiting, oldest, failure, uncounted, neglected } = &state.audit;
        let mut detail = format!("{waiting} events wait, the oldest for {} s", oldest.as_secs());
        if let Some(failure) = failure {
            detail = format!("{detail}; the audit database does not take them: {failure}");
        }
        if let Some(error) = uncounted {
            detail = format!("{detail}; that was before a part of the outbox could no longer be read: {error}");
        }
        if let Some(error) = neglected {
            detail = format!("{detail}; its upkeep is not done: {error}");
        }
        if !state.settings.is_empty() {
            checks.push(Check { name: "settings", ok: true, detail: state.settings.clone() });
        }
        checks.push(Check { name: "cache", ok: true, detail: state.cache.clone() });
        checks.push(Check { name: "audit", ok: true, detail });
        checks.push(Check { name: "places", ok: true, detail: state.places.clone() });
        checks.push(Check { name: "alerts", ok: true, detail: state.alerts.clone() });
        Report { checks }
    }

    fn metrics(&self) -> String {
        self.metrics.encode()
    }
}
