//! The time up to which the audit is complete.

use std::time::Duration;

use crate::{domain::UnixMillis, store::Backlog};

/// Maximum time between the effective time of a change and its write: a call reads the clock when it begins, and the
/// clocks of nodes differ slightly.
pub(super) const MAX_IN_FLIGHT: Duration = Duration::from_secs(5);
/// Maximum difference between the clocks of the servers of one store: each may differ from a node by the allowed skew;
/// one second is added.
const MAX_SERVER_SKEW: Duration = Duration::from_secs(5);

/// A mark: the audit is complete up to a time once the outbox has been drained up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CompletenessMark {
    complete_until: UnixMillis,
    /// The time of the store, read after everything before `complete_until` was written.
    written_by: UnixMillis,
}

/// Tracks the time up to which every change is in the audit.
#[derive(Debug, Default)]
pub(super) struct CompletenessTracker {
    mark: Option<CompletenessMark>,
}

impl CompletenessTracker {
    /// Returns the time up to which everything is written in the store: never later than the last full sweep.
    pub fn written_until(now: UnixMillis, swept: Option<UnixMillis>) -> Option<UnixMillis> {
        swept.map(|swept| swept.min(now).minus(MAX_IN_FLIGHT))
    }

    /// Returns whether the next mark needs the time of the store.
    pub const fn needs_mark(&self) -> bool {
        self.mark.is_none()
    }

    pub fn set_mark(&mut self, complete_until: UnixMillis, written_by: UnixMillis) {
        self.mark = Some(CompletenessMark { complete_until, written_by });
    }

    /// Records a count of the backlog that began after everything up to `written_until` was written. Returns the time
    /// up to which the audit is now complete, or `None` if that has not changed.
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
        assert_eq!(completeness.record_count(waiting_since(106), Some(at(96))), None, "within the clock skew");
        assert_eq!(completeness.record_count(waiting_since(107), Some(at(97))), Some(at(95)));
        assert!(completeness.needs_mark());
    }
}
