//! Points in time on pages.

use std::time::Duration;

use prost_types::Timestamp;

use super::language::Language;
use crate::{
    domain::UnixMillis,
    time_text::{JUST_NOW, TimeUnit, round_duration},
};

/// A point in time. A script replaces the text by one in the time zone and the language of the browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageTime {
    /// RFC 3339, for programs; empty if the time is unknown.
    pub machine: String,
    /// The time in UTC.
    pub text: String,
    /// The distance from now, in words.
    pub distance: String,
}

impl PageTime {
    #[must_use]
    pub fn new(time: Option<Timestamp>, now: UnixMillis, language: Language) -> Self {
        time.and_then(to_unix_millis).map(|at| Self::at(at, now, language)).unwrap_or_default()
    }

    #[must_use]
    pub fn at(at: UnixMillis, now: UnixMillis, language: Language) -> Self {
        let machine = at.to_string();
        let text = machine.get(..16).map(|minute| format!("{} UTC", minute.replace('T', " ")));
        Self { text: text.unwrap_or_default(), machine, distance: distance(at, now, language) }
    }

    #[must_use]
    pub const fn is_known(&self) -> bool {
        !self.machine.is_empty()
    }
}

/// Converts `time` for arithmetic. Returns `None` if it is before 1970.
fn to_unix_millis(time: Timestamp) -> Option<UnixMillis> {
    let seconds = u64::try_from(time.seconds).ok()?;
    let nanos = u64::try_from(time.nanos).ok()?;
    Some(UnixMillis::new(seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)))
}

fn distance(at: UnixMillis, now: UnixMillis, language: Language) -> String {
    let (past, future) = (now.since(at), at.since(now));
    if past.max(future) < JUST_NOW {
        return language.choose("just now", "gerade eben").to_owned();
    }
    let span = format_span(past.max(future), language);
    match (language, future.is_zero()) {
        (Language::English, true) => format!("{span} ago"),
        (Language::German, true) => format!("vor {span}"),
        (Language::English | Language::German, false) => format!("in {span}"),
    }
}

/// Returns `span` rounded to one unit: "5 min", "1 day".
pub(super) fn format_span(span: Duration, language: Language) -> String {
    let (count, unit) = round_duration(span);
    let is_one = count == 1;
    let unit = match unit {
        TimeUnit::Second => language.choose("s", "Sek."),
        TimeUnit::Minute => language.choose("min", "Min."),
        TimeUnit::Hour => language.choose("h", "Std."),
        TimeUnit::Day if is_one => language.choose("day", "Tag"),
        TimeUnit::Day => language.choose("days", "Tagen"),
    };
    format!("{count} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_form_for_programs_and_one_for_people() {
        let now = UnixMillis::new(1_700_000_300_000);
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        let time = PageTime::new(at(1_700_000_000), now, Language::English);
        assert_eq!((time.machine.as_str(), time.text.as_str()), ("2023-11-14T22:13:20Z", "2023-11-14 22:13 UTC"));
        for (seconds, english, german) in [
            (1_700_000_000, "5 min ago", "vor 5 Min."),
            (1_700_000_298, "just now", "gerade eben"),
            (1_700_003_900, "in 60 min", "in 60 Min."),
            (1_700_000_300 - 4 * 86_400, "4 days ago", "vor 4 Tagen"),
        ] {
            assert_eq!(PageTime::new(at(seconds), now, Language::English).distance, english);
            assert_eq!(PageTime::new(at(seconds), now, Language::German).distance, german);
        }
        assert!(!PageTime::new(None, now, Language::English).is_known());
        assert!(!PageTime::new(at(-1), now, Language::English).is_known());
    }
}
