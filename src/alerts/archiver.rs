//! Copies the alerts of the stream to the archive before they may expire from the stream.

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
    notifications::NotificationFeeder,
    store::{AlertPosition, AlertStream, SharedWork, StreamedAlert},
};

/// Maximum lag of the archive while the feed reports nothing new.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The bucket whose owner archives, among the nodes that share a store.
const ARCHIVER_BUCKET: Bucket = Bucket(0);
/// Interval at which the other nodes check whether they own that bucket.
const OWNERSHIP_CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Delay after the feed reports an alert, so that a burst is one batch and not many.
const BATCH_DELAY: Duration = Duration::from_millis(50);

/// Status of the archiving of alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiverStatus {
    /// Position up to which alerts are archived, as far as the stream still had them. It is [`AlertPosition::START`]
    /// until the archive was first queried, and `None` if there is no archive.
    pub archived_up_to: Option<AlertPosition>,
    /// Time at which the archive last had every alert; `None` if there is no archive.
    pub caught_up_at: Option<UnixMillis>,
    /// Number of times that alerts had expired from the stream before they were archived, plus the number of single
    /// alerts that the database rejected.
    pub losses: u64,
    /// Set while archiving fails.
    pub failure: Option<OngoingFailure>,
}

impl ArchiverStatus {
    /// Returns the time since the archive last had every alert; zero if there is no archive.
    #[must_use]
    pub fn lag(&self, now: UnixMillis) -> Duration {
        self.caught_up_at.map_or(Duration::ZERO, |at| now.since(at))
    }
}

/// Archives the alert stream. Any number of nodes may each run an archiver. Of the nodes that share a store, one
/// archives at a time, and the others follow its progress. Two that archive at the same time do the same work twice,
/// with the same result.
pub struct AlertArchiver {
    stream: Arc<dyn AlertStream>,
    archive: Arc<dyn AlertArchive>,
    clock: Arc<dyn Clock>,
    status: watch::Sender<ArchiverStatus>,
    /// `None` if users are not notified.
    notifications: Option<Arc<NotificationFeeder>>,
    /// `None` if no other node shares the store.
    shared_work: Option<SharedWork>,
    /// Set once an archive is known to exist.
    has_archive: bool,
    /// Position up to which this archiver has read; `None` until it has found where to resume.
    position: Option<AlertPosition>,
}

impl AlertArchiver {
    #[must_use]
    pub fn new(stream: Arc<dyn AlertStream>, archive: Arc<dyn AlertArchive>, clock: Arc<dyn Clock>) -> Self {
        // An archiver that never succeeds lags from now on.
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
            notifications: None,
            shared_work: None,
            has_archive: false,
            position: None,
        }
    }

    /// Restricts archiving to the times at which this node owns it.
    #[must_use]
    pub fn with_shared_work(mut self, work: Option<SharedWork>) -> Self {
        self.shared_work = work;
        self
    }

    /// Queues notifications about the alerts before they are archived.
    #[must_use]
    pub fn with_notifications(mut self, feeder: Arc<NotificationFeeder>) -> Self {
        self.notifications = Some(feeder);
        self
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<ArchiverStatus> {
        self.status.subscribe()
    }

    /// Archives the stream until `stop` is cancelled. Does nothing if there is no archive. A change of `feed_status`
    /// wakes it.
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

    /// Records the progress of the archiving node, then waits until ownership is to be checked again. Returns `false`
    /// if there is no archive.
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

    /// Archives all alerts of the stream after the current position. Returns `false` if there is no archive.
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
                tracing::error!(%from, %to, "alerts expired from the stream before they were archived");
                self.status.send_modify(|status| status.losses += 1);
            }
            self.publish_position();
        }
        Ok(true)
    }

    /// Resumes a while before the newest archived alert, because the stream may have been rewound since. Returns
    /// `false` if there is no archive.
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

    /// Archives `alerts`, which follow `at` without a gap. Each names the one before it in the archive, even if the
    /// stream had an erased alert between them.
    async fn archive_batch(
        &mut self,
        at: AlertPosition,
        mut alerts: Vec<StreamedAlert>,
    ) -> Result<(), HistoryReadError> {
        let end = alerts.last().map_or(at, |alert| alert.position);
        // An erased alert has nothing to archive.
        alerts.retain(|alert| !alert.record.is_empty());
        if let Some(feeder) = &self.notifications {
            feeder.feed(&alerts, self.clock.now()).await?;
        }
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
                        tracing::error!(
                            %position,
                            error = %source,
                            "the audit database rejected an alert; it will not be archived"
                        );
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

    /// Records the outcome of an attempt. Logs the first of several failures, and the recovery.
    fn record_outcome(&self, error: Option<&HistoryReadError>) {
        self.status.send_if_modified(|status| {
            match (&status.failure, error) {
                (None, None) => return false,
                (None, Some(error)) => tracing::warn!(%error, "failed to archive alerts; retrying with backoff"),
                (Some(_), Some(_)) => {}
                (Some(_), None) => tracing::info!("archiving of alerts has resumed"),
            }
            let error = error.map(|error| error as _);
            status.failure = OngoingFailure::from_outcome(status.failure.as_ref(), error, self.clock.now());
            true
        });
    }
}
