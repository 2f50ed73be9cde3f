//! Clocks. Only this module asks the system for the time.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use rustix::time::{ClockId, clock_gettime};

use crate::domain::{
    UnixMillis,
    time::{ClockInstant, millis},
};

/// A source of time. It is injected, so that a test can set it.
pub trait Clock: Send + Sync {
    fn now(&self) -> UnixMillis;

    /// Returns the current time by the wall clock and by a clock that nobody sets.
    fn instant(&self) -> ClockInstant;

    /// Returns whether the time is simulated, as in a test. The clocks of stores are not compared with it.
    fn is_simulated(&self) -> bool {
        false
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the only access to the system's clock")]
    fn now(&self) -> UnixMillis {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        UnixMillis::new(millis(since_epoch))
    }

    fn instant(&self) -> ClockInstant {
        // The standard library's clock stands still while the machine sleeps, and a lease would not age.
        let boot = clock_gettime(ClockId::Boottime);
        let nanos = u32::try_from(boot.tv_nsec).unwrap_or_default();
        let since_boot = Duration::new(u64::try_from(boot.tv_sec).unwrap_or_default(), nanos);
        ClockInstant { since_boot, wall_clock: self.now() }
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    #[must_use]
    pub const fn new(now: UnixMillis) -> Self {
        Self(AtomicU64::new(now.get()))
    }

    pub fn set(&self, now: UnixMillis) {
        self.0.store(now.get(), Ordering::SeqCst);
    }

    pub fn advance(&self, span: Duration) {
        self.set(self.now().plus(span));
    }
}

impl Clock for ManualClock {
    fn is_simulated(&self) -> bool {
        true
    }

    fn now(&self) -> UnixMillis {
        UnixMillis::new(self.0.load(Ordering::SeqCst))
    }

    fn instant(&self) -> ClockInstant {
        ClockInstant { since_boot: Duration::from_millis(self.0.load(Ordering::SeqCst)), wall_clock: self.now() }
    }
}

/// Measures elapsed time, for metrics and for limits on retries. No decision about a session depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the only access to the system's clock")]
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "the only access to the system's clock")]
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
