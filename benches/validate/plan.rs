//! The extent of a run.

use std::time::Duration;

use crate::common::is_quick;

pub struct ValidatePlan {
    pub tokens: u64,
    pub rounds: usize,
    /// Time before each measurement that is not counted.
    pub warm_up: Duration,
    pub measured: Duration,
}

impl ValidatePlan {
    /// A plan of a few minutes, or with `--quick` of seconds, whose figures mean nothing.
    pub fn from_args() -> Self {
        if is_quick() {
            return Self {
                tokens: 300,
                rounds: 2,
                warm_up: Duration::from_millis(200),
                measured: Duration::from_millis(500),
            };
        }
        Self { tokens: 10_000, rounds: 5, warm_up: Duration::from_secs(1), measured: Duration::from_secs(4) }
    }
}
