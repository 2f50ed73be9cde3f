//! Comparison of this node's clock with the session store's.
//!
//! The store's clock decides in every step that writes. A node uses its own clock for decisions from its cache or
//! between two steps, so its clock must agree with the store's. A comparison stays valid for a while: a monotonic clock
//! carries it forward, so that a jump of the time of day shows without another request to the store.

use std::{
    sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use crate::{
    clock::Clock,
    domain::{
        CallError, UnixMillis,
        time::{ClockInstant, millis},
    },
};

/// The maximum age of a comparison by which a session may be declared timed out, and for a sweep.
const MAX_AGE: Duration = Duration::from_secs(30);

/// Monitors the agreement of this node's clock with the store's.
#[derive(Debug)]
pub struct ClockMonitor {
    /// The maximum skew. `None`: the time is simulated, and agrees.
    max_skew: Option<Duration>,
    /// The store's time minus the time since boot, in milliseconds.
    store_since_boot: AtomicI64,
    /// The time since boot at the last comparison, in milliseconds. 0: not compared yet.
    compared_at: AtomicU64,
    is_off: AtomicBool,
}

impl ClockMonitor {
    /// Creates a monitor that allows `clock` to differ from the store's by `max_skew`. A simulated clock is not
    /// compared.
    #[must_use]
    pub fn new(clock: &dyn Clock, max_skew: Duration) -> Self {
        Self {
            max_skew: (!clock.is_simulated()).then_some(max_skew),
            store_since_boot: AtomicI64::new(0),
            compared_at: AtomicU64::new(0),
            is_off: AtomicBool::new(false),
        }
    }

    /// Records the store's time, which was requested at `asked` and received at `answered`. Returns the minimum skew of
    /// this node's clock: zero if the store's time lies between the two. Logs when the clock exceeds its limit and when
    /// it returns within it.
    pub fn compare(&self, asked: ClockInstant, store: UnixMillis, answered: ClockInstant) -> Duration {
        let ahead = signed(asked.wall_clock) - signed(store);
        let behind = signed(store) - signed(answered.wall_clock);
        let skew = if ahead > 0 { ahead } else { -behind.max(0) };
        self.store_since_boot.store(signed(answered.wall_clock) - skew - since_boot(answered), Ordering::Relaxed);
        self.compared_at.store(since_boot(answered).unsigned_abs().max(1), Ordering::Release);
        self.note(skew);
        Duration::from_millis(skew.unsigned_abs())
    }

    /// Returns the difference between this node's clock and the store's. `None`: not compared yet, or the time is
    /// simulated.
    pub fn skew(&self, now: ClockInstant) -> Option<Duration> {
        let is_compared = self.max_skew.is_some() && self.compared_at.load(Ordering::Acquire) != 0;
        is_compared.then(|| Duration::from_millis(self.signed_skew(now).unsigned_abs()))
    }

    fn signed_skew(&self, now: ClockInstant) -> i64 {
        signed(now.wall_clock) - since_boot(now) - self.store_since_boot.load(Ordering::Relaxed)
    }

    /// Fails until the first comparison, and while this node's clock differs from the store's by more than allowed.
    pub fn verify(&self, now: ClockInstant) -> Result<(), CallError> {
        let Some(max_skew) = self.max_skew else { return Ok(()) };
        if self.compared_at.load(Ordering::Acquire) == 0 {
            return Err(CallError::StoreUnavailable("its clock has not been compared with this node's yet".into()));
        }
        let skew = self.signed_skew(now);
        if skew.unsigned_abs() <= millis(max_skew) {
            return Ok(());
        }
        Err(CallError::ClockSkewed(describe(skew).into()))
    }

    /// Fails as [`ClockMonitor::verify`] does, and when the last comparison is more than 30 seconds old. It must be
    /// called before a session is declared timed out.
    pub fn verify_recent(&self, now: ClockInstant) -> Result<(), CallError> {
        self.verify(now)?;
        let age = since_boot(now).unsigned_abs().saturating_sub(self.compared_at.load(Ordering::Acquire));
        if self.max_skew.is_none() || age <= millis(MAX_AGE) {
            return Ok(());
        }
        Err(CallError::StoreUnavailable(
            format!("its clock was last compared with this node's {} s ago", age / 1000).into(),
        ))
    }

    fn note(&self, skew: i64) {
        let Some(max_skew) = self.max_skew else { return };
        let is_off = skew.unsigned_abs() > millis(max_skew);
        let was_off = self.is_off.swap(is_off, Ordering::Relaxed);
        if is_off && !was_off {
            tracing::error!(
                skew_ms = skew,
                max_skew_ms = millis(max_skew),
                "{}; validations and session expiry are suspended until the clocks agree; check time synchronisation",
                describe(skew)
            );
        } else if was_off && !is_off {
            tracing::info!(skew_ms = skew, "this node's clock is within limits of the session store's again");
        }
    }
}

fn describe(skew: i64) -> String {
    let direction = if skew > 0 { "ahead of" } else { "behind" };
    format!("this node's clock is {} ms {direction} the session store's", skew.unsigned_abs())
}

fn signed(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}

fn since_boot(moment: ClockInstant) -> i64 {
    i64::try_from(millis(moment.since_boot)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, SystemClock};

    const LIMIT: Duration = Duration::from_secs(2);

    /// Returns the moment that is `wall` and `boot` seconds after the first.
    fn at(wall: u64, boot: u64) -> ClockInstant {
        ClockInstant {
            since_boot: Duration::from_secs(10 + boot),
            wall_clock: UnixMillis::new(1_000_000 + wall * 1000),
        }
    }

    fn compared(store: ClockInstant, node: ClockInstant) -> ClockMonitor {
        let monitor = ClockMonitor::new(&SystemClock, LIMIT);
        monitor.compare(node, store.wall_clock, node);
        monitor
    }

    #[test]
    fn a_clock_that_agrees_may_decide() {
        let monitor = compared(at(0, 0), at(2, 0));
        assert_eq!(monitor.verify_recent(at(3, 1)), Ok(()));
    }

    #[test]
    fn a_clock_ahead_or_behind_decides_nothing() {
        for (store, node) in [(at(0, 0), at(3, 0)), (at(3, 0), at(0, 0))] {
            assert!(matches!(compared(store, node).verify(node), Err(CallError::ClockSkewed(_))), "{node:?}");
        }
    }

    #[test]
    fn a_jump_shows_without_another_comparison() {
        let monitor = compared(at(0, 0), at(0, 0));
        assert_eq!(monitor.verify(at(100, 100)), Ok(()));
        assert!(matches!(monitor.verify(at(100, 97)), Err(CallError::ClockSkewed(_))), "forwards");
        assert!(matches!(monitor.verify(at(100, 103)), Err(CallError::ClockSkewed(_))), "backwards");
    }

    #[test]
    fn nothing_is_over_by_time_on_an_old_comparison() {
        let monitor = compared(at(0, 0), at(0, 0));
        assert_eq!(monitor.verify_recent(at(30, 30)), Ok(()));
        assert!(matches!(monitor.verify_recent(at(31, 31)), Err(CallError::StoreUnavailable(_))));
    }

    #[test]
    fn a_slow_answer_is_not_taken_for_a_wrong_clock() {
        let monitor = ClockMonitor::new(&SystemClock, LIMIT);
        assert_eq!(monitor.compare(at(0, 0), at(1, 0).wall_clock, at(60, 60)), Duration::ZERO);
        assert_eq!(monitor.verify(at(60, 60)), Ok(()));
    }

    #[test]
    fn without_a_comparison_there_is_no_verdict_unless_time_is_simulated() {
        assert!(matches!(ClockMonitor::new(&SystemClock, LIMIT).verify(at(0, 0)), Err(CallError::StoreUnavailable(_))));
        let simulated = ManualClock::new(UnixMillis::new(0));
        assert_eq!(ClockMonitor::new(&simulated, LIMIT).verify_recent(at(0, 0)), Ok(()));
    }
}
