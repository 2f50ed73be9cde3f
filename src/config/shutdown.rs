//! Settings of the shutdown.

use std::time::Duration;

use super::{durations::secs, reader::SettingsReader};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownConfig {
    /// Time from the loss of readiness to the closing of the listener.
    pub delay: Duration,
    /// Maximum time from the signal to the end of the process.
    pub deadline: Duration,
}

impl ShutdownConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        let delay = r.get_in_range("shutdown.delay", Duration::ZERO..=secs(300));
        let deadline = r.get_in_range("shutdown.deadline", secs(1)..=secs(3600));
        if deadline <= delay && !deadline.is_zero() {
            r.add_problem("shutdown.deadline", "must be longer than `shutdown.delay` to leave time to finish calls");
        }
        Self { delay, deadline }
    }
}
