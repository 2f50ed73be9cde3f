//! Repeated faults (`make soak`).

use std::time::Duration;

/// Returns the duration of a soak: `SOAK_SECONDS`, by default zero, which means a single fault.
pub fn soak_duration() -> Duration {
    let seconds = std::env::var("SOAK_SECONDS").ok().map(|seconds| seconds.parse().expect("a number of seconds"));
    Duration::from_secs(seconds.unwrap_or_default())
}
