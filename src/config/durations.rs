//! Durations in settings.

use std::time::Duration;

pub use crate::domain::duration_text::{format_duration, parse_duration};

pub(super) const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(super) const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
