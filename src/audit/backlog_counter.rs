//! Counting of the backlog, and of the time up to which the audit is complete.

use std::{sync::Arc, time::Duration};

use super::{SweepProgress, completeness::CompletenessTracker};
use crate::{
    clock::Stopwatch,
    domain::{BucketSet, UnixMillis},
    store::{Backlog, ClusterView, Outbox, SharedWork, StoreError},
};

/// Maximum time that the nodes of a shared store may have no complete count together. After that this node counts
/// everything by itself: an old count must not decide whether new sessions are accepted.
const SHARED_COUNT_TIMEOUT: Duration = Duration::from_secs(10);

/// The sweep time of other nodes if there are none.
const NO_OTHER_NODES: UnixMillis = UnixMillis::new(u64::MAX);

/// Counts the backlog repeatedly.
pub(super) struct BacklogCounter {
    outbox: Arc<dyn Outbox>,
    shared: Option<SharedWork>,
    sweeps: Arc<SweepProgress>,
    completeness: CompletenessTracker,
    last: Stopwatch,
}

/// A count of the whole backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BacklogSnapshot {
    pub(super) backlog: Backlog,
    /// The time up to which the audit is complete according to this count; `None` if that has not changed.
    pub(super) complete_until: Option<UnixMillis>,
}

impl BacklogCounter {
    pub(super) fn new(outbox: Arc<dyn Outbox>, shared: Option<SharedWork>, sweeps: Arc<SweepProgress>) -> Self {
        Self { outbox, shared, sweeps, completeness: CompletenessTracker::default(), last: Stopwatch::start() }
    }

    /// Counts the backlog. Returns `None` if other nodes have not reported theirs yet.
    pub(super) async fn count(&mut self, now: UnixMillis) -> Result<Option<BacklogSnapshot>, StoreError> {
        // In this order: events written by a sweep are then either counted or already in the audit.
        let (written_until, backlog) = match self.shared.clone() {
            None => (self.sweeps.complete_until(BucketSet::ALL, Some(NO_OTHER_NODES)), self.outbox.backlog().await?),
            Some(work) => {
                self.count_own(&work, now).await?;
                match work.assignment.cluster_view().filter(ClusterView::is_complete) {
                    Some(view) => (view.written_until, view.backlog),
                    None if self.last.elapsed() < SHARED_COUNT_TIMEOUT => return Ok(None),
                    None => (None, self.outbox.backlog().await?),
                }
            }
        };
        self.last = Stopwatch::start();
        let written_until = CompletenessTracker::written_until(now, written_until);
        let complete_until = self.completeness.record_count(backlog, written_until);
        if let Some(written_until) =
            written_until.filter(|_| backlog.oldest.is_some() && self.completeness.needs_mark())
        {
            self.completeness.set_mark(written_until, self.outbox.time().await?);
        }
        Ok(Some(BacklogSnapshot { backlog, complete_until }))
    }

    /// Counts the backlog of the buckets of this node, and reports it to the others.
    async fn count_own(&self, work: &SharedWork, now: UnixMillis) -> Result<(), StoreError> {
        let assignment = &work.assignment;
        let owned = assignment.owned();
        let swept_until = self.sweeps.swept_until(owned).map(|until| until.min(now));
        let others_swept_until = assignment.others_swept_until();
        let written_until = self.sweeps.complete_until(owned, others_swept_until).map(|until| until.min(now));
        let marks = assignment.marked_events();
        let lengths = if marks.buckets.is_empty() {
            Vec::new()
        } else {
            let lengths = work.store.outbox_lengths(marks.buckets).await;
            lengths.inspect_err(|_| assignment.update_report(|report| report.buckets = BucketSet::EMPTY))?
        };
        let empty = lengths.iter().filter(|length| length.entries == 0).map(|length| length.bucket).collect();
        assignment.clear_events(&marks, empty);
        let backlog = Backlog {
            events: lengths.iter().map(|length| length.entries).sum(),
            oldest: lengths.iter().filter_map(|length| length.oldest).min(),
        };
        assignment.update_report(|report| {
            (report.buckets, report.backlog) = (owned, backlog);
            (report.swept_until, report.written_until) = (swept_until, written_until);
        });
        Ok(())
    }
}
