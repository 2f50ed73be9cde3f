//! Reading the stream on from a position, without overlooking what is not there any more.

use std::time::Duration;

use super::gap::{Gap, GapReason};
use crate::store::{AlertPage, AlertPosition, AlertStream, StoreError, StreamedAlert};

/// Alerts that one read takes: about a hundred kilobytes.
pub(super) const PAGE: usize = 100;

/// How far reading goes back when the stream did: more than a replica is behind whose failover is allowed.
const STEP_BACK: Duration = Duration::from_mins(1);

/// The next part of the stream.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// What lies between the position asked for and the first of `alerts`.
    pub(super) gap: Option<Gap>,
    pub(super) alerts: Vec<StreamedAlert>,
}

impl Part {
    /// The position asked for is the newest.
    pub(super) const fn is_end(&self) -> bool {
        self.gap.is_none() && self.alerts.is_empty()
    }
}

/// What comes after `at`, which is the position of an alert that was there, or the start.
pub(super) async fn read_on(stream: &dyn AlertStream, at: AlertPosition) -> Result<Part, StoreError> {
    let page = stream.read(at, PAGE).await?;
    let (gap, page) = match continuity(at, &page) {
        Continuity::Unbroken => (None, page),
        Continuity::Expired { to } => (Some(Gap { from: at, to, reason: GapReason::Expired }), page),
        Continuity::Rewound => {
            let page = read_back(stream, at.min(page.newest)).await?;
            (Some(Gap { from: at, to: page.before, reason: GapReason::Rewound }), page)
        }
    };
    Ok(Part { gap, alerts: page.alerts })
}

/// What lies from a while before `at` on. It may begin later, which [`AlertPage::before`] tells.
pub(super) async fn read_back(stream: &dyn AlertStream, at: AlertPosition) -> Result<AlertPage, StoreError> {
    let back = stream.before(at, STEP_BACK);
    let page = stream.read(back, PAGE).await?;
    // No alert need have lain right there, and then nothing is before the page that could be missed.
    let before = page.alerts.first().map_or(page.newest, |first| first.previous);
    Ok(AlertPage { before, ..page })
}

#[derive(Debug, PartialEq, Eq)]
enum Continuity {
    Unbroken,
    Expired { to: AlertPosition },
    Rewound,
}

/// How what was read after `at` goes with it. The alert after `at` names it; one that names an earlier one was
/// appended to a stream in which there was no `at`.
fn continuity(at: AlertPosition, page: &AlertPage) -> Continuity {
    match page.before.cmp(&at) {
        std::cmp::Ordering::Equal => Continuity::Unbroken,
        std::cmp::Ordering::Greater => Continuity::Expired { to: page.before },
        std::cmp::Ordering::Less => Continuity::Rewound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(major: u64) -> AlertPosition {
        AlertPosition { major, minor: 0 }
    }

    /// Alerts at these positions, each after the one before, the first after `before`.
    fn page(before: u64, positions: &[u64], newest: u64) -> AlertPage {
        let mut previous = at(before);
        let alerts = positions.iter().map(|major| {
            let alert = StreamedAlert::of(at(*major), previous, Vec::new());
            previous = alert.position;
            alert
        });
        AlertPage { alerts: alerts.collect(), before: at(before), newest: at(newest) }
    }

    #[test]
    fn whoever_has_the_alert_before_has_missed_nothing() {
        assert_eq!(continuity(at(3), &page(3, &[4, 5], 5)), Continuity::Unbroken);
        assert_eq!(continuity(at(5), &page(5, &[], 5)), Continuity::Unbroken);
        assert_eq!(continuity(at(0), &page(0, &[], 0)), Continuity::Unbroken);
    }

    #[test]
    fn what_is_kept_no_longer_is_a_gap_up_to_the_alert_before_the_first() {
        assert_eq!(continuity(at(3), &page(7, &[8], 8)), Continuity::Expired { to: at(7) });
        assert_eq!(continuity(at(3), &page(9, &[], 9)), Continuity::Expired { to: at(9) });
    }

    #[test]
    fn a_stream_that_does_not_have_the_position_went_back() {
        assert_eq!(continuity(at(9), &page(4, &[], 4)), Continuity::Rewound, "all after 4 was lost");
        assert_eq!(continuity(at(9), &page(4, &[12], 12)), Continuity::Rewound, "and more came since");
    }
}
