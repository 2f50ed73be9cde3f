//! The alert history: the alert stream and, for earlier alerts, the archive.

use std::sync::Arc;

use super::{
    gap::{AlertGap, GapReason},
    stream_pages::{HistoryPage, PAGE_SIZE, read_page_after},
};
use crate::{
    audit::{AlertArchive, AuditError},
    domain::search::TenantFilter,
    store::{AlertPosition, AlertStream, StoreError, StreamedAlert},
};

/// The error of a failed read of the history. It says nothing about the alerts that exist.
#[derive(Debug, thiserror::Error)]
pub enum HistoryReadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] AuditError),
}

pub(super) struct AlertHistory {
    pub(super) stream: Arc<dyn AlertStream>,
    pub(super) archive: Arc<dyn AlertArchive>,
}

impl AlertHistory {
    /// Returns the page after `at`, which is the position of an alert that existed, or the start. The archive is
    /// queried only for alerts that the stream no longer has.
    pub(super) async fn read_page_after(
        &self,
        at: AlertPosition,
        tenants: &TenantFilter,
    ) -> Result<HistoryPage, HistoryReadError> {
        let part = read_page_after(self.stream.as_ref(), at).await?;
        match part.gap {
            Some(AlertGap { to, reason: GapReason::Expired, .. }) => {
                let archived = truncate_at_gap(self.read_archive(at, to, tenants).await?);
                Ok(archived_page(at, archived).unwrap_or(part))
            }
            _ => Ok(part),
        }
    }

    /// Returns the position after which the retained history begins, and its first page.
    pub(super) async fn read_first_page(
        &self,
        tenants: &TenantFilter,
    ) -> Result<(AlertPosition, HistoryPage), HistoryReadError> {
        let page = self.stream.read(AlertPosition::START, PAGE_SIZE).await?;
        let up_to = page.alerts.first().map_or(page.newest, |first| first.position);
        let archived = truncate_at_gap(self.read_archive(AlertPosition::START, up_to, tenants).await?);
        Ok(match archived.first() {
            Some(first) => (first.previous, HistoryPage { gap: None, alerts: archived }),
            None => (page.preceding, HistoryPage { gap: None, alerts: page.alerts }),
        })
    }

    /// Reads the archived alerts of these tenants, and of other tenants only enough to show whether an alert is
    /// missing.
    async fn read_archive(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        tenants: &TenantFilter,
    ) -> Result<Vec<StreamedAlert>, AuditError> {
        match tenants {
            None => self.archive.read(after, up_to, PAGE_SIZE).await,
            Some(tenants) => self.archive.read_tenants(tenants, after, up_to, PAGE_SIZE).await,
        }
    }
}

/// Returns the page of the archived alerts after `at`; `None` if there are none.
fn archived_page(at: AlertPosition, archived: Vec<StreamedAlert>) -> Option<HistoryPage> {
    let to = archived.first()?.previous;
    let gap = (to > at).then_some(AlertGap { from: at, to, reason: GapReason::Expired });
    Some(HistoryPage { gap, alerts: archived })
}

/// Truncates the alerts before the first one whose predecessor is missing. An alert that names an earlier predecessor
/// was appended after the stream had lost the alerts between. The archive has those, so none is missing there.
fn truncate_at_gap(mut archived: Vec<StreamedAlert>) -> Vec<StreamedAlert> {
    let broken = archived.windows(2).position(|pair| pair[1].previous > pair[0].position);
    if let Some(last) = broken {
        archived.truncate(last + 1);
    }
    archived
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn position(major: u64) -> AlertPosition {
        AlertPosition { major, minor: 0 }
    }

    /// Returns alerts from pairs of a position and the position that the alert names.
    fn archived(positions: &[(u64, u64)]) -> Vec<StreamedAlert> {
        positions
            .iter()
            .map(|(place, previous)| StreamedAlert::from_record(position(*place), position(*previous), Vec::new()))
            .collect()
    }

    #[test]
    fn what_goes_on_without_a_break_is_no_gap() {
        let part = archived_page(position(3), archived(&[(4, 3), (5, 4)])).expect("a page");
        assert!(part.gap.is_none() && part.alerts.len() == 2);
        assert!(archived_page(position(3), Vec::new()).is_none());
    }

    #[test]
    fn what_the_archive_never_had_is_a_gap_before_what_it_has() {
        let part = archived_page(position(3), archived(&[(8, 7)])).expect("a page");
        assert_eq!(part.gap, Some(AlertGap { from: position(3), to: position(7), reason: GapReason::Expired }));
    }

    #[test]
    fn a_page_ends_where_one_is_missing_and_not_where_the_stream_had_gone_back() {
        assert_eq!(truncate_at_gap(archived(&[(4, 3), (5, 4), (9, 7), (10, 9)])).len(), 2);
        assert_eq!(truncate_at_gap(archived(&[(4, 3), (5, 4), (9, 4), (10, 9)])).len(), 4);
    }
}
