//! The gate that bounds the backlog of events while the audit database is unavailable.
//!
//! The backlog is divided, so that no producer of events takes the room of a more important one. Sweeps and
//! reported failures stop at a quarter of the limit, updates and filtered revocations at a half, sign-ins at the limit. Revocations of single users
//! and sessions, and mass revocations, are never refused because of the backlog.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::UnixMillis;

/// Decides which producers may still add events.
#[derive(Debug)]
pub struct BacklogGate {
    limit: u64,
    waiting: AtomicU64,
    /// The events added by this node's sweeps since the last measurement, and between that one and the one before. A
    /// measurement may be older than the events added just before it.
    swept: AtomicU64,
    swept_before: AtomicU64,
    /// The time of the last count.
    counted_at: AtomicU64,
}

impl BacklogGate {
    /// Creates a gate that closes when more than `limit` events wait.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        let (waiting, swept, swept_before) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self { limit, waiting, swept, swept_before, counted_at: AtomicU64::new(0) }
    }

    /// Records the number of waiting events, counted at `counted_at`. A count that was recorded before changes nothing,
    /// because it lacks the events swept since.
    pub fn update_backlog(&self, waiting: u64, counted_at: Option<UnixMillis>) {
        let counted_at = counted_at.map_or(0, UnixMillis::get);
        let is_known = self.counted_at.swap(counted_at, Ordering::Relaxed) == counted_at;
        if is_known && self.waiting.load(Ordering::Relaxed) == waiting {
            return;
        }
        self.waiting.store(waiting, Ordering::Relaxed);
        self.swept_before.store(self.swept.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Counts the events that a sweep of this node added.
    pub fn note_swept(&self, events: u64) {
        self.swept.fetch_add(events, Ordering::Relaxed);
    }

    /// Returns whether sessions may be created.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) <= self.limit
    }

    /// Returns whether sessions may be updated, or revoked by a filter: there is room besides the reserve for sign-ins.
    #[must_use]
    pub fn admits_changes(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) <= self.limit / 2
    }

    /// Returns whether reported failures may be recorded. An attacker can cause any number of them.
    #[must_use]
    pub fn admits_reports(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) < self.limit / 4
    }

    /// Returns the number of events that sweeps may add before the next measurement.
    #[must_use]
    pub fn sweep_allowance(&self) -> u64 {
        let added = [&self.waiting, &self.swept, &self.swept_before].map(|events| events.load(Ordering::Relaxed));
        (self.limit / 4).saturating_sub(added.into_iter().fold(0, u64::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_stop_at_a_quarter_changes_at_a_half_and_sign_ins_at_the_limit() {
        let gate = BacklogGate::new(1_000);
        for (waiting, sweeps, changes, sign_ins) in [
            (0, 250, true, true),
            (249, 1, true, true),
            (250, 0, true, true),
            (500, 0, true, true),
            (501, 0, false, true),
            (1_000, 0, false, true),
            (1_001, 0, false, false),
        ] {
            gate.update_backlog(waiting, Some(UnixMillis::new(waiting + 1)));
            assert_eq!(gate.admits_reports(), sweeps > 0, "{waiting}");
            let found = (gate.sweep_allowance(), gate.admits_changes(), gate.is_open());
            assert_eq!(found, (sweeps, changes, sign_ins), "{waiting}");
        }
    }

    #[test]
    fn what_was_swept_counts_until_a_measurement_has_certainly_seen_it() {
        let gate = BacklogGate::new(1_000);
        gate.note_swept(200);
        assert_eq!(gate.sweep_allowance(), 50);
        let measured = |at| gate.update_backlog(0, Some(UnixMillis::new(at)));
        measured(1);
        assert_eq!(gate.sweep_allowance(), 50, "the measurement may be older");
        measured(1);
        assert_eq!(gate.sweep_allowance(), 50, "the measurement is the same one");
        measured(2);
        assert_eq!(gate.sweep_allowance(), 250);
    }
}
