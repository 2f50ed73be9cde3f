//! Reading the stream on from a position, without overlooking what is not there any more.

use std::time::Duration;

use super::gap::{AlertGap, GapReason};
use crate::store::{AlertPage, AlertPosition, AlertStream, StoreError, StreamedAlert};

/// Alerts that one read takes: about a hundred kilobytes.
pub(super) const PAGE_SIZE: usize = 100;

/// How far reading goes back when the stream did: more than a replica is behind whose failover is allowed.
const REWIND_WINDOW: Duration = Duration::from_mins(1);

/// The next part of the stream.
#[derive(Debug, Default)]
pub(super) struct HistoryPage {
    /// What lies between the position asked for and the first of `alerts`.
    pub(super) gap: Option<AlertGap>,
    pub(super) alerts: Vec<StreamedAlert>,
}

impl HistoryPage {
    /// The position asked for is the newest.
    pub(super) const fn is_end(&self) -> bool {
        self.gap.is_none() && self.alerts.is_empty()
    }
}

/// What comes after `at`, which is the position of an alert that was there, or the start.
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

/// What lies from a while before `at` on. It may begin later, which [`AlertPage::before`] tells.
pub(super) async fn read_rewound_page(stream: &dyn AlertStream, at: AlertPosition) -> Result<AlertPage, StoreError> {
    let rewound = stream.position_before(at, REWIND_WINDOW);
    let page = stream.read(rewound, PAGE_SIZE).await?;
    // No alert need have lain right there, and then nothing is before the page that could be missed.
    let before = page.alerts.first().map_or(page.newest, |first| first.previous);
    Ok(AlertPage { preceding: before, ..page })
}

#[derive(Debug, PartialEq, Eq)]
enum StreamContinuity {
    Unbroken,
    Expired { to: AlertPosition },
    Rewound,
}

/// How what was read after `at` goes with it. The alert after `at` names it; one that names an earlier one was
/// appended to a stream in which there was no `at`.
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

    /// Alerts at these positions, each after the one before, the first after `before`.
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
        assert_eq!(check_continuity(position(9), &page(4, &[], 4)), StreamContinuity::Rewound, "all after 4 was lost");
        assert_eq!(
            check_continuity(position(9), &page(4, &[12], 12)),
            StreamContinuity::Rewound,
            "and more came since"
        );
    }
}
