//! Reading the stream on from a position, without overlooking what is not there any more.

use std::{sync::Arc, time::Duration};

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
    pub(super) alerts: Vec<Arc<StreamedAlert>>,
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
            let back = stream.before(at.min(page.newest), STEP_BACK);
            let page = stream.read(back, PAGE).await?;
            (Some(Gap { from: at, to: begin_of(&page), reason: GapReason::Rewound }), page)
        }
    };
    Ok(Part { gap, alerts: page.alerts.into_iter().map(Arc::new).collect() })
}

/// Where what is kept begins, and what is there.
pub(super) async fn read_from_start(stream: &dyn AlertStream) -> Result<(AlertPosition, Part), StoreError> {
    let page = stream.read(AlertPosition::START, PAGE).await?;
    let begin = begin_of(&page);
    Ok((begin, Part { gap: None, alerts: page.alerts.into_iter().map(Arc::new).collect() }))
}

/// The position of the alert before those of the page: one that was there, so that reading on from it is unbroken.
fn begin_of(page: &AlertPage) -> AlertPosition {
    page.alerts.first().map_or(page.newest, |first| first.previous)
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
    let before = begin_of(page);
    match before.cmp(&at) {
        std::cmp::Ordering::Equal => Continuity::Unbroken,
        std::cmp::Ordering::Greater => Continuity::Expired { to: before },
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
            let alert = StreamedAlert { position: at(*major), previous, alert: Err("of no interest".to_owned()) };
            previous = alert.position;
            alert
        });
        AlertPage { alerts: alerts.collect(), newest: at(newest) }
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
