//! Keeps the alerts of the stream in the archive, before the stream may let go of them.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    alert_history::HistoryReadError,
    feed::FeedStatus,
    gap::{AlertGap, GapReason},
    stream_pages::{HistoryPage, read_page_after, read_rewound_page},
};
use crate::{
    audit::{AlertArchive, AuditError, BatchBisection, OngoingFailure},
    backoff::Backoff,
    clock::Clock,
    domain::{Bucket, UnixMillis},
    store::{AlertPosition, AlertStream, SharedWork, StreamedAlert},
};

/// How long the archive may be behind when nothing is heard of new alerts.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Of the nodes that share a store, the one that owns this bucket archives.
const ARCHIVER_BUCKET: Bucket = Bucket(0);
/// How often the others look whether it is their turn.
const OWNERSHIP_CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long what is heard of waits for others, so that a burst is one batch and not many.
const BATCH_DELAY: Duration = Duration::from_millis(50);

/// How archiving goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiverStatus {
    /// What lies up to here is in the archive, as far as the stream still had it. The start until the archive was first
    /// asked; `None`: there is none.
    pub archived_up_to: Option<AlertPosition>,
    /// When it last had everything. `None`: there is no archive.
    pub caught_up_at: Option<UnixMillis>,
    /// How often the stream had let go of alerts that were not in the archive, and single alerts that the database
    /// refused.
    pub losses: u64,
    /// Set while it fails.
    pub failure: Option<OngoingFailure>,
}

impl ArchiverStatus {
    /// For how long the archive has not had everything.
    #[must_use]
    pub fn lag(&self, now: UnixMillis) -> Duration {
        self.caught_up_at.map_or(Duration::ZERO, |at| now.since(at))
    }
}

/// Any number of nodes may each run one. Of those that share a store one archives at a time, and the others follow how far it
/// is. Two at a time do the same work twice, to the same effect.
pub struct AlertArchiver {
    stream: Arc<dyn AlertStream>,
    archive: Arc<dyn AlertArchive>,
    clock: Arc<dyn Clock>,
    status: watch::Sender<ArchiverStatus>,
    /// `None`: no other node shares the store.
    shared_work: Option<SharedWork>,
    /// There is an archive.
    has_archive: bool,
    /// Up to where this one has read, once it knows where to begin.
    position: Option<AlertPosition>,
}

impl AlertArchiver {
    #[must_use]
    pub fn new(stream: Arc<dyn AlertStream>, archive: Arc<dyn AlertArchive>, clock: Arc<dyn Clock>) -> Self {
        // One that never gets through is behind since now.
        let status = ArchiverStatus {
            archived_up_to: Some(AlertPosition::START),
            caught_up_at: Some(clock.now()),
            losses: 0,
            failure: None,
        };
        Self {
            stream,
            archive,
            clock,
            status: watch::Sender::new(status),
            shared_work: None,
            has_archive: false,
            position: None,
        }
    }

    /// Archives only while it is the turn of this node.
    #[must_use]
    pub fn with_shared_work(mut self, work: Option<SharedWork>) -> Self {
        self.shared_work = work;
        self
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<ArchiverStatus> {
        self.status.subscribe()
    }

    /// Follows the stream until told to stop; ends at once where there is no archive. `heard` wakes it.
    pub async fn run(mut self, mut feed_status: watch::Receiver<FeedStatus>, stop: CancellationToken) {
        let mut backoff = Backoff::new(Arc::clone(&self.clock));
        loop {
            if !self.owns_archiving() {
                let owner_progress = stop.run_until_cancelled(self.follow_owner()).await;
                match owner_progress {
                    None => return,
                    Some(Ok(true)) => backoff.reset(),
                    Some(Ok(false)) => return stop.cancelled().await,
                    Some(Err(_)) => drop(stop.run_until_cancelled(sleep(backoff.next_delay())).await),
                }
                continue;
            }
            let Some(outcome) = stop.run_until_cancelled(self.catch_up()).await else { return };
            self.record_outcome(outcome.as_ref().err());
            let wait = async {
                match outcome {
                    Ok(true) => {
                        backoff.reset();
                        match timeout(IDLE_POLL_INTERVAL, feed_status.changed()).await {
                            Ok(Ok(())) => sleep(BATCH_DELAY).await,
                            Ok(Err(_)) => sleep(IDLE_POLL_INTERVAL).await,
                            Err(_) => {}
                        }
                    }
                    Ok(false) => stop.cancelled().await,
                    Err(_) => sleep(backoff.next_delay()).await,
                }
            };
            if stop.run_until_cancelled(wait).await.is_none() {
                return;
            }
        }
    }

    fn owns_archiving(&self) -> bool {
        self.shared_work.as_ref().is_none_or(|work| work.assignment.claim(ARCHIVER_BUCKET).is_some())
    }

    /// Follows how far the node is that archives, until it may be the turn of this one. `false`: there is no archive.
    async fn follow_owner(&mut self) -> Result<bool, HistoryReadError> {
        self.position = None;
        if !self.has_archive && self.archive.newest().await?.is_none() {
            self.status.send_modify(|status| (status.archived_up_to, status.caught_up_at) = (None, None));
            return Ok(false);
        }
        self.has_archive = true;
        if let Some(SharedWork { assignment, .. }) = &self.shared_work {
            assignment.update_report(|report| report.archived = None);
            let archived = assignment.cluster_view().and_then(|view| view.archived).unwrap_or(AlertPosition::START);
            let now = self.clock.now();
            self.status.send_modify(|status| {
                (status.archived_up_to, status.caught_up_at, status.failure) = (Some(archived), Some(now), None);
            });
        }
        sleep(OWNERSHIP_CHECK_INTERVAL).await;
        Ok(true)
    }

    /// Keeps all that the stream has after what was kept. `false`: there is no archive.
    async fn catch_up(&mut self) -> Result<bool, HistoryReadError> {
        if self.position.is_none() && !self.find_resume_position().await? {
            return Ok(false);
        }
        while let Some(at) = self.position.filter(|_| self.owns_archiving()) {
            let before = self.clock.now();
            let HistoryPage { gap, alerts } = read_page_after(self.stream.as_ref(), at).await?;
            if gap.is_none() && alerts.is_empty() {
                self.status.send_modify(|status| status.caught_up_at = Some(before));
                break;
            }
            self.archive_batch(gap.map_or(at, |gap| gap.to), alerts).await?;
            if let Some(AlertGap { from, to, reason: GapReason::Expired }) = gap {
                tracing::error!(%from, %to, "the stream had let go of alerts before they were archived");
                self.status.send_modify(|status| status.losses += 1);
            }
            self.publish_position();
        }
        Ok(true)
    }

    /// Begins a while before what the archive has last: the stream may have gone back since.
    async fn find_resume_position(&mut self) -> Result<bool, HistoryReadError> {
        let Some(newest) = self.archive.newest().await? else {
            self.status.send_modify(|status| (status.archived_up_to, status.caught_up_at) = (None, None));
            return Ok(false);
        };
        let page = read_rewound_page(self.stream.as_ref(), newest).await?;
        if page.preceding <= newest || newest == AlertPosition::START {
            self.archive_batch(page.preceding, page.alerts).await?;
            self.publish_position();
        } else {
            self.position = Some(newest);
            self.publish_position();
        }
        Ok(true)
    }

    /// Keeps `alerts`, which come after `at` without a gap: each names the one before it in the archive, also where
    /// the stream had one between them that was forgotten.
    async fn archive_batch(
        &mut self,
        at: AlertPosition,
        mut alerts: Vec<StreamedAlert>,
    ) -> Result<(), HistoryReadError> {
        let end = alerts.last().map_or(at, |alert| alert.position);
        // Of one that was forgotten there is nothing to keep.
        alerts.retain(|alert| !alert.record.is_empty());
        let mut last = at;
        for alert in &mut alerts {
            alert.previous = last;
            last = alert.position;
        }
        let mut batches = BatchBisection::new(alerts.len());
        while let Some(part) = batches.next() {
            match self.archive.archive(&alerts[part.clone()]).await {
                Ok(()) => {}
                Err(AuditError::Refused { source }) => {
                    if let Some(alone) = batches.split_refused(part) {
                        let position = alerts[alone].position;
                        tracing::error!(%position, error = %source, "the audit database refuses an alert; it is not archived");
                        self.status.send_modify(|status| status.losses += 1);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.position = Some(end);
        Ok(())
    }

    fn publish_position(&self) {
        self.status.send_modify(|status| status.archived_up_to = self.position);
        if let Some(work) = &self.shared_work {
            work.assignment.update_report(|report| report.archived = self.position);
        }
    }

    /// Says once that it fails, and once that it goes on.
    fn record_outcome(&self, error: Option<&HistoryReadError>) {
        self.status.send_if_modified(|status| {
            match (&status.failure, error) {
                (None, None) => return false,
                (None, Some(error)) => tracing::warn!(%error, "alerts are not archived; it is tried again and again"),
                (Some(_), Some(_)) => {}
                (Some(_), None) => tracing::info!("alerts are archived again"),
            }
            let error = error.map(|error| error as _);
            status.failure = OngoingFailure::from_outcome(status.failure.as_ref(), error, self.clock.now());
            true
        });
    }
}
