//! Throttling of messages that would otherwise be logged with every call during an outage.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{clock::Stopwatch, domain::time::millis};

/// Allows one message per interval.
pub(super) struct LogThrottle {
    since_start: LazyLock<Stopwatch>,
    interval: Duration,
    /// The time from which the next message is allowed, in milliseconds since the first call of [`Self::passes`].
    next: AtomicU64,
}

impl LogThrottle {
    pub(super) const fn new(pause: Duration) -> Self {
        Self { since_start: LazyLock::new(Stopwatch::start), interval: pause, next: AtomicU64::new(0) }
    }

    /// Returns whether a message is allowed now. Of several simultaneous calls, only one returns true.
    pub(super) fn passes(&self) -> bool {
        let now = millis(self.since_start.elapsed());
        let next = self.next.load(Ordering::Relaxed);
        let after = now.saturating_add(millis(self.interval));
        now >= next && self.next.compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_passes_and_those_behind_it_wait() {
        let throttle = LogThrottle::new(Duration::MAX);
        assert!(throttle.passes());
        assert!(!throttle.passes());
        let open = LogThrottle::new(Duration::ZERO);
        assert!(open.passes() && open.passes());
    }
}
