//! The rate at which one caller may make calls (GCRA, the generic cell rate algorithm of ATM Forum TM 4.0).
//!
//! Each call moves a time forward by the interval between two calls at the limit. A call is refused while that time is
//! further ahead of now than the burst allows. This takes one number for each caller and kind of work.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The maximum rate of one caller for one kind of work. Times are in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(in crate::transport) struct RateLimit {
    interval: u64,
    /// The time by which a caller may be ahead of the rate.
    tolerance: u64,
}

/// The time at which the next call would be on time, in nanoseconds.
#[derive(Debug, Default)]
pub(in crate::transport) struct RateState(AtomicU64);

impl RateLimit {
    /// Returns a limit of `per_second` calls, which a caller that was idle may use up in advance for the time `burst`,
    /// or `None` if there is no limit (0).
    pub(in crate::transport) fn new(per_second: u32, burst: Duration) -> Option<Self> {
        let interval = 1_000_000_000 / u64::from(std::num::NonZeroU32::new(per_second)?.get());
        let burst = u64::try_from(burst.as_nanos()).unwrap_or(u64::MAX);
        Some(Self { interval, tolerance: burst.saturating_sub(interval) })
    }

    /// Counts a call at `now`. Fails with the time after which the next one is allowed; the call is not counted then.
    pub(in crate::transport) fn check(self, state: &RateState, now: Duration) -> Result<(), Duration> {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let mut due = state.0.load(Ordering::Relaxed);
        loop {
            let start = due.max(now);
            let ahead = start - now;
            if ahead > self.tolerance {
                return Err(Duration::from_nanos(ahead - self.tolerance));
            }
            let next = start.saturating_add(self.interval);
            match state.0.compare_exchange_weak(due, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(current) => due = current,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(per_second: u32, burst: Duration) -> RateLimit {
        RateLimit::new(per_second, burst).expect("a limit")
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let (limit, state) = (limit(10, Duration::from_secs(1)), RateState::default());
        let start = Duration::from_secs(100);
        for _ in 0..10 {
            assert_eq!(limit.check(&state, start), Ok(()));
        }
        assert_eq!(limit.check(&state, start), Err(Duration::from_millis(100)));
        assert_eq!(limit.check(&state, start), Err(Duration::from_millis(100)), "a refused call does not count");
        for n in 1..=5 {
            let now = start + Duration::from_millis(100 * n);
            assert_eq!(limit.check(&state, now), Ok(()), "{n}");
            assert!(limit.check(&state, now).is_err(), "{n}");
        }
        let later = start + Duration::from_mins(1);
        let allowed = (0..100).filter(|_| limit.check(&state, later).is_ok()).count();
        assert_eq!(allowed, 10, "idle time does not add up beyond the burst");
    }

    #[test]
    fn a_burst_shorter_than_the_interval_allows_one_call() {
        let (limit, state) = (limit(1, Duration::from_millis(100)), RateState::default());
        assert_eq!(limit.check(&state, Duration::ZERO), Ok(()));
        assert_eq!(limit.check(&state, Duration::ZERO), Err(Duration::from_secs(1)));
        assert_eq!(limit.check(&state, Duration::from_secs(1)), Ok(()));
        assert!(RateLimit::new(0, Duration::from_secs(1)).is_none(), "no limit");
    }
}
