//! Pages of the alert stream after a position, including the detection of alerts that are no longer there.

use std::time::Duration;

use super::gap::{AlertGap, GapReason};
use crate::store::{AlertPage, AlertPosition, AlertStream, StoreError, StreamedAlert};

/// Alerts per read: about 100 KB.
pub(super) const PAGE_SIZE: usize = 100;

/// Time by which a read goes back after the stream was rewound. It exceeds the lag of any replica that is allowed to
/// take over.
const REWIND_WINDOW: Duration = Duration::from_mins(1);

/// The next page of the stream.
#[derive(Debug, Default)]
pub(super) struct HistoryPage {
    /// The gap between the requested position and the first of `alerts`.
    pub(super) gap: Option<AlertGap>,
    pub(super) alerts: Vec<StreamedAlert>,
}

impl HistoryPage {
    /// Returns whether the requested position is the newest.
    pub(super) const fn is_end(&self) -> bool {
        self.gap.is_none() && self.alerts.is_empty()
    }
}

/// Returns the page after `at`, which is the position of an alert that existed, or the start.
pub(super) async fn read_page_after(stream: &dyn AlertStream, at: AlertPosition) -> Result<HistoryPage, StoreError> {
    let page = stream.read(at, PAGE_SIZE).await?;
    let (gap, page) = match check_continuity(at, &page) {
        StreamContinuity::Unbroken => (None, page),
        StreamContinuity::Expired { to } => (Some(AlertGap { from: at, to, reason: GapReason::Expired }), page),
        StreamContinuity::Rewound => {
            let page = read_rewound_page(stream, at.min(page.newest)).await?;
            (Some(AlertGap { from: at, to: page.preceding, reason: GapReason::Rewound }), page)
        }
    };
    Ok(HistoryPage { gap, alerts: page.alerts })
}

/// Returns the page that begins [`REWIND_WINDOW`] before `at`. It may begin later, which [`AlertPage::preceding`]
/// shows.
pub(super) async fn read_rewound_page(stream: &dyn AlertStream, at: AlertPosition) -> Result<AlertPage, StoreError> {
    let rewound = stream.position_before(at, REWIND_WINDOW);
    let page = stream.read(rewound, PAGE_SIZE).await?;
    // There need not have been an alert at exactly this position. If there was none, nothing before the page is missed.
    let before = page.alerts.first().map_or(page.newest, |first| first.previous);
    Ok(AlertPage { preceding: before, ..page })
}

#[derive(Debug, PartialEq, Eq)]
enum StreamContinuity {
    Unbroken,
    Expired { to: AlertPosition },
    Rewound,
}

/// Determines whether `page`, which was read after `at`, continues from `at`. The alert after `at` names `at`. An alert
/// that names an earlier position was appended to a stream that did not contain `at`.
fn check_continuity(at: AlertPosition, page: &AlertPage) -> StreamContinuity {
    match page.preceding.cmp(&at) {
        std::cmp::Ordering::Equal => StreamContinuity::Unbroken,
        std::cmp::Ordering::Greater => StreamContinuity::Expired { to: page.preceding },
        std::cmp::Ordering::Less => StreamContinuity::Rewound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn position(major: u64) -> AlertPosition {
        AlertPosition { major, minor: 0 }
    }

    /// Returns a page with alerts at `positions`, each naming the one before it, the first naming `before`.
    fn page(before: u64, positions: &[u64], newest: u64) -> AlertPage {
        let mut previous = position(before);
        let alerts = positions.iter().map(|major| {
            let alert = StreamedAlert::from_record(position(*major), previous, Vec::new());
            previous = alert.position;
            alert
        });
        AlertPage { alerts: alerts.collect(), preceding: position(before), newest: position(newest) }
    }

    #[test]
    fn a_reader_that_has_the_previous_alert_has_missed_nothing() {
        assert_eq!(check_continuity(position(3), &page(3, &[4, 5], 5)), StreamContinuity::Unbroken);
        assert_eq!(check_continuity(position(5), &page(5, &[], 5)), StreamContinuity::Unbroken);
        assert_eq!(check_continuity(position(0), &page(0, &[], 0)), StreamContinuity::Unbroken);
    }

    #[test]
    fn what_is_kept_no_longer_is_a_gap_up_to_the_alert_before_the_first() {
        assert_eq!(check_continuity(position(3), &page(7, &[8], 8)), StreamContinuity::Expired { to: position(7) });
        assert_eq!(check_continuity(position(3), &page(9, &[], 9)), StreamContinuity::Expired { to: position(9) });
    }

    #[test]
    fn a_stream_that_does_not_have_the_position_went_back() {
        assert_eq!(
            check_continuity(position(9), &page(4, &[], 4)),
            StreamContinuity::Rewound,
            "the alerts after 4 are lost"
        );
        assert_eq!(
            check_continuity(position(9), &page(4, &[12], 12)),
            StreamContinuity::Rewound,
            "they are lost, and 12 was appended since"
        );
    }
}
