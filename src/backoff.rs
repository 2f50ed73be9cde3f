//! Backoff: delays between retries.

use std::{sync::Arc, time::Duration};

use crate::clock::Clock;

/// The first delay after a failure, and the longest.
const DELAY_BOUNDS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The delays between attempts that fail.
pub struct Backoff {
    clock: Arc<dyn Clock>,
    failures: u32,
}

impl Backoff {
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, failures: 0 }
    }

    /// Resets the delay after a success: the next one is the first again.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Returns the delay before the next attempt, after one more failure.
    pub fn next_delay(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        delay_after(self.clock.as_ref(), self.failures)
    }
}

/// Returns the delay after a number of failures in a row. It doubles with each failure, and is shortened by up to a
/// half, by the milliseconds of the clock. Nodes that failed together therefore do not retry together.
pub fn delay_after(clock: &dyn Clock, failures: u32) -> Duration {
    let (first, longest) = DELAY_BOUNDS;
    let full = first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest);
    let spread = u32::try_from(clock.now().get() % 1000).unwrap_or_default();
    full / 2 + full / 2 * (1000 - spread) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, domain::UnixMillis};

    #[test]
    fn delays_grow_up_to_five_seconds_and_start_over() {
        let mut backoff = Backoff::new(Arc::new(ManualClock::new(UnixMillis::new(0))));
        let pauses: Vec<_> = (0..8).map(|_| backoff.next_delay().as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.reset();
        assert_eq!(backoff.next_delay().as_millis(), 100);
    }

    #[test]
    fn delays_are_shortened_by_less_than_half() {
        let delay = |failures, millis| delay_after(&ManualClock::new(UnixMillis::new(millis)), failures);
        assert_eq!(delay(u32::MAX, 500), Duration::from_millis(3750));
        assert!(delay(1, 999) > Duration::from_millis(50));
    }
}
