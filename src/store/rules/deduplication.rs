//! Deduplication of alerts.

use std::time::Duration;

use crate::domain::{UnixMillis, time::millis};

/// The last alert with a dedup key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct DedupEntry {
    pub raised_at: UnixMillis,
    /// The number of findings since, which raised no alert.
    pub suppressed: u32,
}

/// Counts a finding. Returns the entry to store and, outside the dedup window, the number of findings that the alert
/// represents.
pub(in crate::store) fn count_finding(
    known: Option<DedupEntry>,
    window: Duration,
    now: UnixMillis,
) -> (DedupEntry, Option<u64>) {
    // The distance in both directions: a clock that was ahead must not extend the dedup window.
    let is_within = |at: UnixMillis| millis(now.since(at).max(at.since(now))) < millis(window);
    match known {
        Some(entry) if is_within(entry.raised_at) => {
            (DedupEntry { suppressed: entry.suppressed.saturating_add(1), ..entry }, None)
        }
        known => {
            let suppressed = known.map_or(0, |entry| entry.suppressed);
            (DedupEntry { raised_at: now, suppressed: 0 }, Some(u64::from(suppressed) + 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(100_000);
    const WINDOW: Duration = Duration::from_secs(10);

    fn entry(raised_at: u64, suppressed: u32) -> DedupEntry {
        DedupEntry { raised_at: UnixMillis::new(raised_at), suppressed }
    }

    #[test]
    fn a_finding_within_the_window_is_only_counted_whichever_clock_was_ahead() {
        assert_eq!(count_finding(Some(entry(90_001, 2)), WINDOW, NOW), (entry(90_001, 3), None));
        assert_eq!(count_finding(Some(entry(109_999, 0)), WINDOW, NOW), (entry(109_999, 1), None));
    }

    #[test]
    fn an_alert_after_the_window_counts_the_suppressed_findings() {
        assert_eq!(count_finding(None, WINDOW, NOW), (entry(100_000, 0), Some(1)));
        assert_eq!(count_finding(Some(entry(90_000, 2)), WINDOW, NOW), (entry(100_000, 0), Some(3)));
    }
}
