//! Months in UTC, by which the tables of events are partitioned.

use time::{Date, Month as OfYear};

use crate::domain::UnixMillis;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    year: i32,
    /// 1 to 12.
    month: u8,
}

impl Month {
    /// Returns the month that contains `at`.
    pub fn from_time(at: UnixMillis) -> Self {
        let date = at.to_offset_date_time();
        Self { year: date.year(), month: date.month().into() }
    }

    pub fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }

    pub fn previous(self) -> Self {
        if self.month == 1 { Self { year: self.year - 1, month: 12 } } else { Self { month: self.month - 1, ..self } }
    }

    /// Returns the name of the partition of `table` for this month.
    pub fn partition_name(self, table: &str) -> String {
        format!("{table}_{:04}_{:02}", self.year, self.month)
    }

    /// Returns the month of a partition name: the inverse of [`Self::partition_name`]. Returns `None` for any other
    /// name.
    pub fn from_partition_name(table: &str, name: &str) -> Option<Self> {
        let (year, month) = name.strip_prefix(table)?.strip_prefix('_')?.split_once('_')?;
        let month = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        (month.partition_name(table) == name && month.start().is_some()).then_some(month)
    }

    /// Returns the lower bound of the partition as SQL text: `2026-11-01T00:00:00Z`. The upper bound is that of the
    /// next month.
    pub fn bound(self) -> String {
        format!("{:04}-{:02}-01T00:00:00Z", self.year, self.month)
    }

    /// Returns whether the whole month is before `at`.
    pub fn ends_before(self, at: UnixMillis) -> bool {
        self.next().start().is_some_and(|end| end <= at)
    }

    fn start(self) -> Option<UnixMillis> {
        let day = Date::from_calendar_date(self.year, OfYear::try_from(self.month).ok()?, 1).ok()?;
        let millis = day.midnight().assume_utc().unix_timestamp().checked_mul(1000)?;
        u64::try_from(millis).ok().map(UnixMillis::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-12-31T23:59:59.999Z.
    const LAST: UnixMillis = UnixMillis::new(1_798_761_599_999);

    #[test]
    fn a_month_is_of_utc_and_the_year_turns() {
        let december = Month::from_time(LAST);
        assert_eq!(december.partition_name("session_events"), "session_events_2026_12");
        assert_eq!(december.next().bound(), "2027-01-01T00:00:00Z");
        assert_eq!(december.next().previous(), december);
        assert_eq!(Month::from_time(UnixMillis::new(LAST.get() + 1)), december.next());
    }

    #[test]
    fn a_month_ends_where_the_next_one_begins() {
        let december = Month::from_time(LAST);
        assert!(!december.ends_before(LAST));
        assert!(december.ends_before(UnixMillis::new(LAST.get() + 1)));
    }

    #[test]
    fn only_names_that_are_given_here_are_read() {
        let read = |name| Month::from_partition_name("session_events", name);
        assert_eq!(read("session_events_2026_12"), Some(Month::from_time(LAST)));
        for name in
            ["session_events_default", "session_events_2026_13", "session_events_2026_1", "login_events_2026_12"]
        {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
