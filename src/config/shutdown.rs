//! How the process ends.

use std::time::Duration;

use super::{durations::secs, reader::SettingsReader};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownConfig {
    /// From readiness withdrawn to the listener closed.
    pub delay: Duration,
    /// From the signal to the end of the process at the latest.
    pub deadline: Duration,
}

impl ShutdownConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        let delay = r.get_in_range("shutdown.delay", Duration::ZERO..=secs(300));
        let deadline = r.get_in_range("shutdown.deadline", secs(1)..=secs(3600));
        if deadline <= delay && !deadline.is_zero() {
            r.add_problem(
                "shutdown.deadline",
                "is not longer than `shutdown.delay`: nothing would be left to finish calls",
            );
        }
        Self { delay, deadline }
    }
}
