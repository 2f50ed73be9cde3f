//! Elapsed time, for limits on retries and refreshes.

use std::time::{Duration, Instant};

/// Measures elapsed time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "no result depends on it; only retries and refreshes do")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "no result depends on it; only retries and refreshes do")]
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
