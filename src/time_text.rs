//! Durations as text for people.

use std::time::Duration;

use crate::domain::UnixMillis;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Durations below this are "just now", which also tolerates a clock that is slightly behind the server's.
pub const JUST_NOW: Duration = Duration::from_secs(10);

/// Returns the time since `then`: "5 min ago". A time in the future is "just now".
pub fn format_time_since(then: UnixMillis, now: UnixMillis) -> String {
    let span = now.since(then);
    if span < JUST_NOW { "just now".to_owned() } else { format!("{} ago", format_duration(span)) }
}

/// Returns the time until `then`: "in 29 d". A time in the past is "now".
pub fn format_time_until(then: UnixMillis, now: UnixMillis) -> String {
    let span = then.since(now);
    if span.is_zero() { "now".to_owned() } else { format!("in {}", format_duration(span)) }
}

/// Returns `span` rounded to one unit: "42 s", "90 min", "4 h", "30 d".
pub fn format_duration(span: Duration) -> String {
    let (count, unit) = round_duration(span);
    let unit = match unit {
        TimeUnit::Second => "s",
        TimeUnit::Minute => "min",
        TimeUnit::Hour => "h",
        TimeUnit::Day => "d",
    };
    format!("{count} {unit}")
}

/// A unit of a rounded duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    Second,
    Minute,
    Hour,
    Day,
}

/// Returns `span` rounded to one unit.
pub fn round_duration(span: Duration) -> (u64, TimeUnit) {
    let seconds = divide_rounded(u64::try_from(span.as_millis()).unwrap_or(u64::MAX), 1000);
    let (minutes, hours, days) =
        (divide_rounded(seconds, MINUTE), divide_rounded(seconds, HOUR), divide_rounded(seconds, DAY));
    match () {
        () if seconds < MINUTE => (seconds, TimeUnit::Second),
        () if minutes < 120 => (minutes, TimeUnit::Minute),
        () if hours < 48 => (hours, TimeUnit::Hour),
        () => (days, TimeUnit::Day),
    }
}

fn divide_rounded(number: u64, unit: u64) -> u64 {
    number / unit + u64::from(number % unit >= unit.div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_says_enough() {
        let cases = [
            (0, "0 s"),
            (999, "1 s"),
            (59_400, "59 s"),
            (59_600, "1 min"),
            (5 * 60_000, "5 min"),
            (89 * 60_000, "89 min"),
            (4 * 3_600_000 - 20, "4 h"),
            (47 * 3_600_000, "47 h"),
            (30 * 86_400_000 - 20, "30 d"),
            (29 * 86_400_000 + 3_600_000, "29 d"),
        ];
        for (millis, text) in cases {
            assert_eq!(format_duration(Duration::from_millis(millis)), text, "{millis} ms");
        }
        assert_eq!(format_duration(Duration::MAX), "213503982335 d");
    }

    #[test]
    fn past_and_future_are_distinguished() {
        let now = UnixMillis::new(1_700_000_000_000);
        let (earlier, later) = (now.minus(Duration::from_mins(5)), now.plus(Duration::from_mins(5)));
        assert_eq!(
            (format_time_since(earlier, now), format_time_until(later, now)),
            ("5 min ago".to_owned(), "in 5 min".to_owned())
        );
        assert_eq!(
            (format_time_since(later, now), format_time_until(earlier, now)),
            ("just now".to_owned(), "now".to_owned())
        );
    }
}
