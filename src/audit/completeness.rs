//! Up to when the audit is complete.

use std::time::Duration;

use crate::{domain::UnixMillis, store::Backlog};

/// How long before it is written a change may say that it took effect: a call reads the clock when it begins, and the
/// clocks of nodes differ a little.
pub(super) const MAX_IN_FLIGHT: Duration = Duration::from_secs(5);
/// How far the clocks of the servers of one store may be apart: each is as far from a node as it may be, and a second.
const MAX_SERVER_SKEW: Duration = Duration::from_secs(5);

/// What is to be complete once the outbox has been drained up to a time of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CompletenessMark {
    complete_until: UnixMillis,
    /// By the clock of the store, after everything that happened before `complete_until` was written.
    written_by: UnixMillis,
}

/// Follows up to when every change is in the audit.
#[derive(Debug, Default)]
pub(super) struct CompletenessTracker {
    mark: Option<CompletenessMark>,
}

impl CompletenessTracker {
    /// Up to when everything is written in the store: never later than the last full sweep.
    pub fn written_until(now: UnixMillis, swept: Option<UnixMillis>) -> Option<UnixMillis> {
        swept.map(|swept| swept.min(now).minus(MAX_IN_FLIGHT))
    }

    /// Whether the time of the store is needed for the next mark.
    pub const fn needs_mark(&self) -> bool {
        self.mark.is_none()
    }

    pub fn set_mark(&mut self, complete_until: UnixMillis, written_by: UnixMillis) {
        self.mark = Some(CompletenessMark { complete_until, written_by });
    }

    /// Up to when the audit is complete by a count of what waits, which began after everything up to `written_until` was
    /// written. `None`: no news.
    pub fn record_count(&mut self, backlog: Backlog, written_until: Option<UnixMillis>) -> Option<UnixMillis> {
        let Some(oldest) = backlog.oldest else {
            self.mark = None;
            return written_until;
        };
        let is_drained = |mark: &mut CompletenessMark| oldest > mark.written_by.plus(MAX_SERVER_SKEW);
        self.mark.take_if(is_drained).map(|mark| mark.complete_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> UnixMillis {
        UnixMillis::new(seconds * 1_000)
    }

    fn waiting_since(seconds: u64) -> Backlog {
        Backlog { events: 1, oldest: Some(at(seconds)) }
    }

    #[test]
    fn no_promise_goes_beyond_the_last_full_sweep() {
        assert_eq!(CompletenessTracker::written_until(at(100), None), None);
        assert_eq!(CompletenessTracker::written_until(at(100), Some(at(80))), Some(at(75)));
        assert_eq!(CompletenessTracker::written_until(at(100), Some(at(120))), Some(at(95)));
    }

    #[test]
    fn an_ending_of_long_ago_that_waits_keeps_the_promise_back() {
        let mut completeness = CompletenessTracker::default();
        assert_eq!(completeness.record_count(Backlog::default(), Some(at(70))), Some(at(70)));
        // A sweep at 100 wrote an ending that took effect at 80.
        completeness.set_mark(at(95), at(101));
        assert_eq!(completeness.record_count(waiting_since(100), Some(at(95))), None);
        assert!(!completeness.needs_mark());
        assert_eq!(completeness.record_count(waiting_since(106), Some(at(96))), None, "clocks differ");
        assert_eq!(completeness.record_count(waiting_since(107), Some(at(97))), Some(at(95)));
        assert!(completeness.needs_mark());
    }
}
