//! View of the archive for some tenants.

use super::tables::alerts::to_position;
use crate::store::StreamedAlert;

/// A row: its position, the previous position it names, its record, whether alerts before it were lost and, if so, the
/// position of the last alert that was not.
pub(super) type TenantViewRow = (i64, i64, i64, i64, Vec<u8>, bool, Option<i64>, Option<i64>);

/// Builds a stream from the rows. Each names the one before it, except after a gap: there the position before the gap
/// comes first, and the alert names the lost one.
pub(super) fn build_tenant_view(rows: Vec<TenantViewRow>) -> Vec<StreamedAlert> {
    let mut view = Vec::<StreamedAlert>::with_capacity(rows.len());
    for (major, minor, previous_major, previous_minor, record, after_gap, before_major, before_minor) in rows {
        let at = to_position((major, minor));
        let mut previous = to_position((previous_major, previous_minor));
        if let Some(last) = view.last().map(|last| last.position) {
            let before = before_major.zip(before_minor).map(to_position).filter(|before| *before > last);
            if !after_gap {
                previous = last;
            } else if let Some(before) = before {
                view.push(StreamedAlert::from_record(before, last, Vec::new()));
            }
        }
        view.push(StreamedAlert::from_record(at, previous, record));
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(at: i64, previous: i64, before_gap: Option<i64>) -> TenantViewRow {
        let before_minor = if before_gap.is_some() { Some(0) } else { None };
        (at, 0, previous, 0, Vec::new(), before_gap.is_some(), before_gap, before_minor)
    }

    fn places(rows: Vec<TenantViewRow>) -> Vec<(u64, u64)> {
        build_tenant_view(rows).iter().map(|alert| (alert.position.major, alert.previous.major)).collect()
    }

    #[test]
    fn what_lies_between_belongs_to_others_and_is_not_missing() {
        assert_eq!(places(vec![row(4, 3, None), row(7, 6, None), row(9, 8, None)]), [(4, 3), (7, 4), (9, 7)]);
    }

    #[test]
    fn what_was_lost_is_missing_after_the_last_that_was_not() {
        let rows = vec![row(4, 3, None), row(9, 8, Some(6)), row(10, 9, None)];
        assert_eq!(places(rows), [(4, 3), (6, 4), (9, 8), (10, 9)]);
        assert_eq!(places(vec![row(4, 3, None), row(9, 8, Some(4))]), [(4, 3), (9, 8)], "already in the view");
        assert_eq!(places(vec![row(9, 8, Some(6))]), [(9, 8)], "the caller checks the start of the page");
    }
}
