//! A clock that a test can set wrong.

use std::sync::atomic::{AtomicI64, Ordering};

use session_authority::{
    clock::{Clock, SystemClock},
    domain::{UnixMillis, time::ClockInstant},
};

/// The system's clock with a shifted time of day. The time since the start of the machine stays right.
pub struct ShiftedClock(AtomicI64);

impl ShiftedClock {
    /// A clock that is `milliseconds` ahead, or behind if negative.
    pub fn new(milliseconds: i64) -> Self {
        Self(AtomicI64::new(milliseconds))
    }

    /// Steps to `milliseconds` ahead of the system's clock, or behind it if negative.
    pub fn set(&self, milliseconds: i64) {
        self.0.store(milliseconds, Ordering::SeqCst);
    }

    /// Returns the time of the system's clock when this one shows `time`.
    pub fn to_system(&self, time: UnixMillis) -> UnixMillis {
        UnixMillis::new(time.get().saturating_add_signed(-self.shift()))
    }

    fn shift(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> UnixMillis {
        UnixMillis::new(SystemClock.now().get().saturating_add_signed(self.shift()))
    }

    fn instant(&self) -> ClockInstant {
        ClockInstant { wall_clock: self.now(), ..SystemClock.instant() }
    }
}
