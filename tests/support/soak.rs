//! Faults that come again and again (`make soak`).

use std::time::Duration;

/// For how long; zero, which is once, unless `SOAK_SECONDS` says otherwise.
pub fn soak_duration() -> Duration {
    let seconds = std::env::var("SOAK_SECONDS").ok().map(|seconds| seconds.parse().expect("a number of seconds"));
    Duration::from_secs(seconds.unwrap_or_default())
}
