//! Durations in human-readable form, as in settings.

use std::time::Duration;

/// Units with their milliseconds, largest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Parses "250ms", "4h" or "1h 30m": integers with a unit each, added up. Returns `None` for a number without a unit,
/// except a plain 0.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total: u64 = 0;
    let mut parts = 0;
    while !rest.is_empty() {
        let (digits, after) = split_where(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split_where(after.trim_start(), |c| !c.is_ascii_alphabetic());
        let (_, millis) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(millis)?)?;
        rest = after.trim_start();
        parts += 1;
    }
    (parts > 0).then_some(Duration::from_millis(total))
}

/// Returns the shortest text that [`parse_duration`] reads as `span`, to the millisecond.
#[must_use]
pub fn format_duration(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let mut parts = Vec::new();
    for (unit, millis) in UNITS {
        if rest >= millis {
            parts.push(format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_human_readable_durations() {
        let cases = [
            ("250ms", 250),
            ("30m", 30 * 60_000),
            ("4h", 4 * 3_600_000),
            ("30d", 30 * 86_400_000),
            ("1h 30m", 90 * 60_000),
            ("1h30m", 90 * 60_000),
            (" 5 s ", 5_000),
            ("0", 0),
            ("0s", 0),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn rejects_ambiguous_text() {
        for text in ["", "5", "m", "1.5h", "-1s", "1M", "1y", "5 minutes", "1h 5", "99999999999999999999s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(parse_duration("18446744073709551615d"), None);
    }

    #[test]
    fn formats_durations_as_they_are_read() {
        for text in ["0s", "250ms", "1h 30m", "30d", "1s 500ms"] {
            assert_eq!(parse_duration(text).map(format_duration).as_deref(), Some(text));
        }
    }

    const DURATION: &str = "( {0,2}[0-9]{1,9} {0,2}(d|h|m|s|ms)){1,4} {0,2}";

    proptest! {
        #[test]
        fn every_duration_reads_back(millis: u64) {
            let span = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&format_duration(span)), Some(span));
        }

        #[test]
        fn parts_are_added_up(parts in prop::collection::vec((any::<u32>(), 0..UNITS.len()), 1..5)) {
            let text = parts.iter().map(|(number, unit)| format!("{number}{}", UNITS[*unit].0)).collect::<Vec<_>>();
            let millis = parts.iter().map(|(number, unit)| u64::from(*number) * UNITS[*unit].1).sum();
            prop_assert_eq!(parse_duration(&text.join(" ")), Some(Duration::from_millis(millis)));
            prop_assert_eq!(parse_duration(&text.concat()), Some(Duration::from_millis(millis)));
        }

        #[test]
        fn a_foreign_character_is_refused(text in DURATION, at: prop::sample::Index, character in "[^0-9dhms\\s]") {
            prop_assert!(parse_duration(&text).is_some());
            let mut changed = text;
            changed.insert_str(at.index(changed.len() + 1), &character);
            prop_assert_eq!(parse_duration(&changed), None, "{}", changed);
        }

        #[test]
        fn any_text_is_refused_or_is_a_duration_that_reads_back(text in "\\PC{0,20}|[0-9dhms ]{0,24}") {
            if let Some(span) = parse_duration(&text) {
                prop_assert_eq!(parse_duration(&format_duration(span)), Some(span));
            }
        }
    }
}
