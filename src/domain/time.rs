//! Points in time: whole milliseconds since the Unix epoch.

use std::{fmt, time::Duration};

use ::time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since 1970-01-01T00:00:00Z, at most 48 bits wide (the year 10889), as the stores write them. Arithmetic
/// saturates at both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// The latest time that can be stored.
    pub const MAX: Self = Self((1 << 48) - 1);

    /// Returns the time `millis` after the epoch, at most [`UnixMillis::MAX`].
    #[must_use]
    pub const fn new(millis: u64) -> Self {
        if millis > Self::MAX.0 { Self::MAX } else { Self(millis) }
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns this time plus `span`.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::new(self.0.saturating_add(millis(span)))
    }

    /// Returns this time minus `span`, or the epoch if that would be earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// Returns the time since `earlier`, or zero if it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Returns the calendar form for databases and messages, which ends with the year 9999.
    #[must_use]
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        let since = ::time::Duration::milliseconds(i64::try_from(self.0).unwrap_or(i64::MAX));
        OffsetDateTime::UNIX_EPOCH.saturating_add(since)
    }
}

/// A point in time by two clocks. Leases use both, because one clock alone could be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockInstant {
    /// The time since boot. It only moves forward, also while the machine sleeps.
    pub since_boot: Duration,
    /// The time of day, which may be set. It also reveals that a machine was restored to an earlier state.
    pub wall_clock: UnixMillis,
}

impl ClockInstant {
    /// Returns the time between this instant and `later`, by the clock that moved more. It is zero only if neither
    /// clock moved.
    #[must_use]
    pub fn elapsed_until(self, later: Self) -> Duration {
        let wall = self.wall_clock.since(later.wall_clock).max(later.wall_clock.since(self.wall_clock));
        later.since_boot.saturating_sub(self.since_boot).max(wall)
    }
}

/// RFC 3339 in UTC, the form of logs and tables.
impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_offset_date_time().format(&Rfc3339) {
            Ok(text) => f.write_str(&text),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// Returns `span` in whole milliseconds, at most the value that a [`UnixMillis`] can hold.
#[must_use]
pub fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).min(UnixMillis::MAX.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(UnixMillis::new(5).minus(Duration::from_secs(1)), UnixMillis::new(0));
        assert_eq!(UnixMillis::MAX.plus(Duration::MAX), UnixMillis::MAX);
        assert_eq!(UnixMillis::MAX.to_offset_date_time().year(), 9999);
        assert_eq!(UnixMillis::new(1).since(UnixMillis::new(2)), Duration::ZERO);
    }

    #[test]
    fn a_moment_is_as_far_away_as_the_clock_says_that_moved_more() {
        let moment =
            |boot, wall| ClockInstant { since_boot: Duration::from_millis(boot), wall_clock: UnixMillis::new(wall) };
        assert_eq!(moment(10, 100).elapsed_until(moment(15, 105)), Duration::from_millis(5));
        assert_eq!(moment(10, 100).elapsed_until(moment(70, 105)), Duration::from_millis(60), "the machine slept");
        assert_eq!(
            moment(10, 100).elapsed_until(moment(15, 900)),
            Duration::from_millis(800),
            "the machine was restored"
        );
        assert_eq!(moment(10, 100).elapsed_until(moment(15, 40)), Duration::from_millis(60), "the time was set back");
    }

    #[test]
    fn prints_as_rfc_3339() {
        assert_eq!(UnixMillis::new(1_700_000_000_123).to_string(), "2023-11-14T22:13:20.123Z");
    }
}
