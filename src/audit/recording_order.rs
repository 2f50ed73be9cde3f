//! The recording order of events: the sequence numbers that the databases assign.

use std::time::Duration;

use crate::domain::search::RecordingPosition;

/// Maximum number of sequence numbers that one page scans: criteria that few events match must not keep it busy for
/// long.
pub(super) const SEQUENCE_WINDOW: i64 = 100_000;

/// Maximum time by which an event may be recorded before one with a lower number: transactions take their time when
/// they begin, and their numbers later.
pub(super) const RECORDING_SLACK: Duration = Duration::from_mins(1);

/// Returns the number of a position; without one, a number after that of every event.
pub(super) fn to_number(position: Option<RecordingPosition>) -> i64 {
    position.and_then(|RecordingPosition(number)| i64::try_from(number).ok()).unwrap_or(i64::MAX)
}

/// Returns the number after which the next page begins. `last_read` is the number of the last event of this page, which
/// is full if it has `size` events, and `scanned_to` the last number that was scanned.
pub(super) fn resume_after(last_read: Option<i64>, read: usize, size: u32, scanned_to: i64) -> i64 {
    let is_full = read >= usize::try_from(size).unwrap_or(usize::MAX);
    last_read.filter(|_| is_full).unwrap_or(scanned_to)
}

/// Binary search for the sequence number that belongs to a time.
#[derive(Debug)]
pub(super) struct SequenceSearch {
    /// The event with this number was recorded too early.
    low: i64,
    high: i64,
}

impl SequenceSearch {
    pub const fn new(highest: i64) -> Self {
        Self { low: 0, high: highest }
    }

    /// Returns the number after which to look next, or `None` if the search is complete.
    pub const fn middle(&self) -> Option<i64> {
        if self.high - self.low > 1 { Some(self.low + (self.high - self.low) / 2) } else { None }
    }

    /// Narrows the search. `too_early` is the number of the next event after `middle` if that event was recorded too
    /// early, otherwise `None`.
    pub fn narrow(&mut self, middle: i64, too_early: Option<i64>) {
        match too_early {
            Some(seq) => self.low = seq.min(self.high),
            None => self.high = middle,
        }
    }

    pub const fn start(&self) -> i64 {
        self.low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_leaves_out_nothing_that_is_late_enough() {
        // Numbers with gaps; the time equals the number.
        let numbers = [3, 4, 9, 10, 200, 201, 202, 1000];
        for from in 0..1_010 {
            let mut search = SequenceSearch::new(1000);
            while let Some(middle) = search.middle() {
                let next = numbers.iter().copied().find(|number| *number > middle);
                search.narrow(middle, next.filter(|number| *number < from));
            }
            let start = search.start();
            assert!(numbers.iter().all(|number| *number > start || *number < from), "{from}: {start}");
            let too_early = numbers.iter().filter(|number| **number > start && **number < from).count();
            assert!(too_early <= 1, "{from}: {start}");
        }
    }
}
