//! The witnesses of a turn of maintenance: the clock, and what the same database has stored.
//!
//! A clock alone must not decide what is deleted for good: one start with a clock that is years ahead would erase the
//! whole audit. So a turn is carried out only where the clock is plausible by the times that the database holds.

use std::time::Duration;

use crate::domain::UnixMillis;

/// How far the clock may be ahead of what is stored: an eighth of the retention, within these bounds.
const LEAST_ALLOWANCE: Duration = Duration::from_hours(24);
const MOST_ALLOWANCE: Duration = Duration::from_hours(7 * 24);

/// Steps along stored events, at most: enough for ten years.
pub(super) const CHAIN_STEPS: usize = 4_000;

/// The times that one turn of maintenance works with.
#[derive(Clone, Copy, Debug)]
pub struct MaintenanceTurn {
    pub now: UnixMillis,
    /// What happened before is removed.
    pub keep_from: UnixMillis,
    /// For how long this process has run since its last turn, by a clock that nobody sets. Zero: it had none.
    pub running_for: Duration,
    /// Whether an operator has stated that the clock is right.
    pub accept_clock: bool,
}

impl MaintenanceTurn {
    #[must_use]
    pub const fn new(now: UnixMillis, keep_from: UnixMillis) -> Self {
        Self { now, keep_from, running_for: Duration::ZERO, accept_clock: false }
    }

    /// The same turn with a clock that an operator has confirmed.
    #[must_use]
    pub const fn accepting_clock(self) -> Self {
        Self { accept_clock: true, ..self }
    }

    /// How far the clock may be ahead of stored times.
    pub(super) fn allowance(&self) -> Duration {
        (self.now.since(self.keep_from) / 8).clamp(LEAST_ALLOWANCE, MOST_ALLOWANCE)
    }

    /// The latest time that the clock may show when `stored` is known to have passed.
    pub(super) fn limit(&self, stored: UnixMillis) -> UnixMillis {
        stored.plus(self.running_for).plus(self.allowance())
    }
}

/// The clock is further ahead of a witness than is plausible. Nothing was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockAhead {
    pub now: UnixMillis,
    pub witness: ClockWitness,
    pub at: UnixMillis,
}

/// What the clock is compared with before anything is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockWitness {
    /// The newest time that the audit database has stored.
    StoredTime,
    /// The clock of the database server.
    DatabaseClock,
}

impl std::fmt::Display for ClockWitness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StoredTime => "the newest event stored",
            Self::DatabaseClock => "the clock of the database server",
        })
    }
}

/// What to do about a clock that is ahead of `witness`.
pub(super) const fn remedy(witness: ClockWitness) -> &'static str {
    match witness {
        ClockWitness::StoredTime => "check the clock, or accept it by starting once with --accept-clock",
        ClockWitness::DatabaseClock => "set the clock that is wrong",
    }
}

/// `span` to two units: `5 d 3 h`.
pub(super) fn shown(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

    #[test]
    fn the_allowance_follows_the_retention_within_bounds() {
        let allowance = |days| MaintenanceTurn::new(NOW, NOW.minus(days * DAY)).allowance();
        assert_eq!([allowance(1), allowance(16), allowance(400)], [DAY, 2 * DAY, 7 * DAY]);
    }

    #[test]
    fn time_that_the_process_was_running_is_known_to_have_passed() {
        let turn = MaintenanceTurn { running_for: 30 * DAY, ..MaintenanceTurn::new(NOW, NOW.minus(DAY)) };
        assert_eq!(turn.limit(NOW), NOW.plus(31 * DAY));
    }

    #[test]
    fn spans_are_shown_in_two_units() {
        let shown = |hours| shown(Duration::from_hours(hours));
        assert_eq!([shown(0), shown(5), shown(51)], ["0 min", "5 h 0 min", "2 d 3 h"]);
    }
}
