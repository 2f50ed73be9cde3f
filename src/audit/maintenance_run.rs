//! Plausibility of the clock in a maintenance run, judged by the times that the database has stored.
//!
//! A clock alone must not decide on permanent deletion: one start with a clock that is years ahead would erase the
//! whole audit. A run therefore proceeds only if the clock is plausible by the stored times.

use std::time::Duration;

use crate::domain::UnixMillis;

/// Bounds of the time that the clock may be ahead of stored times, which is an eighth of the retention.
const MIN_CLOCK_ALLOWANCE: Duration = Duration::from_hours(24);
const MAX_CLOCK_ALLOWANCE: Duration = Duration::from_hours(7 * 24);

/// Maximum number of steps along stored events: enough for ten years.
const MAX_CHAIN_STEPS: usize = 4_000;

/// The times that one maintenance run uses.
#[derive(Clone, Copy, Debug)]
pub struct MaintenanceRun {
    pub now: UnixMillis,
    /// Data before this time is removed.
    pub keep_from: UnixMillis,
    /// The time since the last run of this process, by a monotonic clock. Zero if there was none.
    pub since_last_run: Duration,
    /// Set if an operator has confirmed the clock.
    pub accept_clock: bool,
}

impl MaintenanceRun {
    #[must_use]
    pub const fn new(now: UnixMillis, keep_from: UnixMillis) -> Self {
        Self { now, keep_from, since_last_run: Duration::ZERO, accept_clock: false }
    }

    /// Returns the same run with a clock that an operator has confirmed.
    #[must_use]
    pub const fn with_accepted_clock(self) -> Self {
        Self { accept_clock: true, ..self }
    }

    /// Returns the time that the clock may be ahead of stored times.
    pub(super) fn allowance(&self) -> Duration {
        (self.now.since(self.keep_from) / 8).clamp(MIN_CLOCK_ALLOWANCE, MAX_CLOCK_ALLOWANCE)
    }

    /// Returns the latest plausible time of the clock, given that `stored` has passed.
    pub(super) fn latest_plausible(&self, stored: UnixMillis) -> UnixMillis {
        stored.plus(self.since_last_run).plus(self.allowance())
    }
}

/// A search for the latest time that is known to have passed: the time of the last run, or a stored event that can be
/// reached from there in plausible steps.
#[derive(Debug)]
pub(super) struct ConfirmedTime {
    run: MaintenanceRun,
    latest: UnixMillis,
    steps_left: usize,
}

impl ConfirmedTime {
    pub const fn new(run: MaintenanceRun, last: UnixMillis) -> Self {
        Self { run, latest: last, steps_left: MAX_CHAIN_STEPS }
    }

    /// Returns the time up to which to look for the latest event, or `None` if the search is complete.
    pub fn next_limit(&self) -> Option<UnixMillis> {
        let limit = self.run.latest_plausible(self.latest);
        (self.steps_left > 0 && self.run.now > limit).then_some(limit)
    }

    /// Advances to the latest event up to the limit, if it is later than the known one.
    pub fn advance(&mut self, event: Option<UnixMillis>) {
        match event {
            Some(event) if event > self.latest => {
                self.latest = event;
                self.steps_left -= 1;
            }
            _ => self.steps_left = 0,
        }
    }

    pub const fn latest(&self) -> UnixMillis {
        self.latest
    }
}

/// The error if the clock is implausibly far ahead of a reference. Nothing was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockAhead {
    pub now: UnixMillis,
    pub reference: ClockReference,
    pub at: UnixMillis,
}

/// The reference that the clock is compared with before anything is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockReference {
    /// The newest time that the audit database has stored.
    StoredTime,
    /// The clock of the database server.
    DatabaseClock,
}

impl std::fmt::Display for ClockReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StoredTime => "the newest stored event",
            Self::DatabaseClock => "the clock of the database server",
        })
    }
}

/// Returns the remedy for a clock that is ahead of `reference`.
pub(super) const fn remedy(reference: ClockReference) -> &'static str {
    match reference {
        ClockReference::StoredTime => "correct the clock, or start once with --accept-clock to accept it",
        ClockReference::DatabaseClock => "correct the clock that is wrong",
    }
}

/// Formats `span` in two units: `5 d 3 h`.
pub(super) fn format_duration(span: Duration) -> String {
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
        let allowance = |days| MaintenanceRun::new(NOW, NOW.minus(days * DAY)).allowance();
        assert_eq!([allowance(1), allowance(16), allowance(400)], [DAY, 2 * DAY, 7 * DAY]);
    }

    #[test]
    fn time_that_the_process_was_running_is_known_to_have_passed() {
        let turn = MaintenanceRun { since_last_run: 30 * DAY, ..MaintenanceRun::new(NOW, NOW.minus(DAY)) };
        assert_eq!(turn.latest_plausible(NOW), NOW.plus(31 * DAY));
    }

    #[test]
    fn the_confirmed_time_follows_stored_events_in_plausible_steps() {
        let run = MaintenanceRun::new(NOW, NOW.minus(8 * DAY));
        // A gap of two days follows the third event, where the allowance is one.
        let events = [10, 9, 8, 6, 5].map(|days| NOW.minus(days * DAY));
        let mut confirmed = ConfirmedTime::new(run, events[0]);
        while let Some(limit) = confirmed.next_limit() {
            confirmed.advance(events.into_iter().filter(|event| *event <= limit).max());
        }
        assert_eq!(confirmed.latest(), events[2]);
        assert_eq!(ConfirmedTime::new(run, NOW).next_limit(), None, "a clock that is plausible needs no events");
    }

    #[test]
    fn spans_are_shown_in_two_units() {
        let formatted = |hours| format_duration(Duration::from_hours(hours));
        assert_eq!([formatted(0), formatted(5), formatted(51)], ["0 min", "5 h 0 min", "2 d 3 h"]);
    }
}
