//! The results of checks, and the last one of each.

use std::time::Duration;

use crate::transport::http::CheckState;

/// The default validity of a result. Checks run every second or two and may take five.
pub(super) const DEFAULT_VALIDITY: Duration = Duration::from_secs(10);

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct CheckResult {
    pub(in crate::app) state: CheckState,
    pub(in crate::app) detail: String,
    /// The time for which the result counts. A check without a newer result by then is stuck.
    valid_for: Duration,
}

impl CheckResult {
    pub(in crate::app) fn new(state: CheckState, detail: impl Into<String>) -> Self {
        Self { state, detail: detail.into(), valid_for: DEFAULT_VALIDITY }
    }

    /// Sets the validity, for checks that run less often.
    pub(in crate::app) fn with_valid_for(self, span: Duration) -> Self {
        Self { valid_for: span, ..self }
    }
}

/// The last result of a check and its age. Times are since boot.
pub(super) struct CheckRecord {
    result: CheckResult,
    recorded_at: Duration,
    /// Set once the check has had a result.
    has_run: bool,
    /// The state that was last logged. `None`: not logged yet.
    last_logged: Option<CheckState>,
}

impl CheckRecord {
    /// Creates a record with a `state` that counts until the first result.
    pub(super) fn new(state: CheckState, now: Duration) -> Self {
        let result = CheckResult { state, detail: "not checked yet".to_owned(), valid_for: DEFAULT_VALIDITY };
        Self { result, recorded_at: now, has_run: false, last_logged: None }
    }

    pub(super) fn update(&mut self, result: CheckResult, now: Duration) {
        (self.result, self.recorded_at, self.has_run) = (result, now, true);
    }

    /// Returns the state and the detail as of `now`. A result that is too old counts as `stale`, unless its state was
    /// worse.
    pub(super) fn current(&self, now: Duration, stale: CheckState) -> (CheckState, String) {
        let age = now.saturating_sub(self.recorded_at);
        if age <= self.result.valid_for {
            return (self.result.state, self.result.detail.clone());
        }
        let worse = stale.max(self.result.state);
        (worse, format!("no result for {} s, the check is stuck; last result: {}", age.as_secs(), self.result.detail))
    }

    /// Returns whether `state` is to be logged, once for each change. A check that has not run yet has no state that
    /// could change, unless its first result is overdue. A good first result is not logged.
    pub(super) fn note_change(&mut self, state: CheckState, now: Duration) -> bool {
        let is_overdue = now.saturating_sub(self.recorded_at) > self.result.valid_for;
        if !self.has_run && !is_overdue {
            return false;
        }
        match self.last_logged.replace(state) {
            None => state != CheckState::Ok,
            Some(before) => state != before,
        }
    }
}
