//! Keeps the alerts of the stream in the archive, before the stream may let go of them.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    feed::FeedStatus,
    gap::{Gap, GapReason},
    history::{Part, read_back, read_on},
    kept::ReadError,
};
use crate::{
    audit::{AlertArchive, AuditError, Failure, Halving},
    backoff::Backoff,
    clock::Clock,
    domain::{Bucket, UnixMillis},
    store::{AlertPosition, AlertStream, SharedWork, StreamedAlert},
};

/// How long the archive may be behind when nothing is heard of new alerts.
const IDLE: Duration = Duration::from_secs(1);
/// Of the nodes that share a store, the one that owns this bucket archives.
const ARCHIVING: Bucket = Bucket(0);
/// How often the others look whether it is their turn.
const TURN: Duration = Duration::from_secs(1);
/// How long what is heard of waits for others, so that a burst is one batch and not many.
const GATHER: Duration = Duration::from_millis(50);

/// How archiving goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiverStatus {
    /// What lies up to here is in the archive, as far as the stream still had it. The start until the archive was first
    /// asked; `None`: there is none.
    pub archived: Option<AlertPosition>,
    /// When it last had everything. `None`: there is no archive.
    pub complete_at: Option<UnixMillis>,
    /// How often the stream had let go of alerts that were not in the archive, and single alerts that the database
    /// refused.
    pub losses: u64,
    /// Set while it fails.
    pub failure: Option<Failure>,
}

impl ArchiverStatus {
    /// For how long the archive has not had everything.
    #[must_use]
    pub fn lag(&self, now: UnixMillis) -> Duration {
        self.complete_at.map_or(Duration::ZERO, |at| now.since(at))
    }
}

/// Any number of nodes may each run one. Of those that share a store one archives at a time, and the others follow how far it
/// is. Two at a time do the same work twice, to the same effect.
pub struct Archiver {
    stream: Arc<dyn AlertStream>,
    archive: Arc<dyn AlertArchive>,
    clock: Arc<dyn Clock>,
    status: watch::Sender<ArchiverStatus>,
    /// `None`: no other node shares the store.
    shared: Option<SharedWork>,
    /// There is an archive.
    exists: bool,
    /// Up to where this one has read, once it knows where to begin.
    at: Option<AlertPosition>,
}

impl Archiver {
    #[must_use]
    pub fn new(stream: Arc<dyn AlertStream>, archive: Arc<dyn AlertArchive>, clock: Arc<dyn Clock>) -> Self {
        // One that never gets through is behind since now.
        let status = ArchiverStatus {
            archived: Some(AlertPosition::START),
            complete_at: Some(clock.now()),
            losses: 0,
            failure: None,
        };
        Self { stream, archive, clock, status: watch::Sender::new(status), shared: None, exists: false, at: None }
    }

    /// Archives only while it is the turn of this node.
    #[must_use]
    pub fn sharing(mut self, work: Option<SharedWork>) -> Self {
        self.shared = work;
        self
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<ArchiverStatus> {
        self.status.subscribe()
    }

    /// Follows the stream until told to stop; ends at once where there is no archive. `heard` wakes it.
    pub async fn run(mut self, mut heard: watch::Receiver<FeedStatus>, stop: CancellationToken) {
        let mut backoff = Backoff::new(Arc::clone(&self.clock));
        loop {
            if !self.is_its_turn() {
                let followed = stop.run_until_cancelled(self.follow()).await;
                match followed {
                    None => return,
                    Some(Ok(true)) => backoff.reset(),
                    Some(Ok(false)) => return stop.cancelled().await,
                    Some(Err(_)) => drop(stop.run_until_cancelled(sleep(backoff.pause())).await),
                }
                continue;
            }
            let Some(outcome) = stop.run_until_cancelled(self.catch_up()).await else { return };
            self.note(outcome.as_ref().err());
            let rest = async {
                match outcome {
                    Ok(true) => {
                        backoff.reset();
                        match timeout(IDLE, heard.changed()).await {
                            Ok(Ok(())) => sleep(GATHER).await,
                            Ok(Err(_)) => sleep(IDLE).await,
                            Err(_) => {}
                        }
                    }
                    Ok(false) => stop.cancelled().await,
                    Err(_) => sleep(backoff.pause()).await,
                }
            };
            if stop.run_until_cancelled(rest).await.is_none() {
                return;
            }
        }
    }

    fn is_its_turn(&self) -> bool {
        self.shared.as_ref().is_none_or(|work| work.assignment.claim(ARCHIVING).is_some())
    }

    /// Follows how far the node is that archives, until it may be the turn of this one. `false`: there is no archive.
    async fn follow(&mut self) -> Result<bool, ReadError> {
        self.at = None;
        if !self.exists && self.archive.newest().await?.is_none() {
            self.status.send_modify(|status| (status.archived, status.complete_at) = (None, None));
            return Ok(false);
        }
        self.exists = true;
        if let Some(SharedWork { assignment, .. }) = &self.shared {
            assignment.report(|report| report.archived = None);
            let archived = assignment.view().and_then(|view| view.archived).unwrap_or(AlertPosition::START);
            let now = self.clock.now();
            self.status.send_modify(|status| {
                (status.archived, status.complete_at, status.failure) = (Some(archived), Some(now), None);
            });
        }
        sleep(TURN).await;
        Ok(true)
    }

    /// Keeps all that the stream has after what was kept. `false`: there is no archive.
    async fn catch_up(&mut self) -> Result<bool, ReadError> {
        if self.at.is_none() && !self.begin().await? {
            return Ok(false);
        }
        while let Some(at) = self.at.filter(|_| self.is_its_turn()) {
            let before = self.clock.now();
            let Part { gap, alerts } = read_on(self.stream.as_ref(), at).await?;
            if gap.is_none() && alerts.is_empty() {
                self.status.send_modify(|status| status.complete_at = Some(before));
                break;
            }
            self.keep(gap.map_or(at, |gap| gap.to), alerts).await?;
            if let Some(Gap { from, to, reason: GapReason::Expired }) = gap {
                tracing::error!(%from, %to, "the stream had let go of alerts before they were archived");
                self.status.send_modify(|status| status.losses += 1);
            }
            self.moved();
        }
        Ok(true)
    }

    /// Begins a while before what the archive has last: the stream may have gone back since.
    async fn begin(&mut self) -> Result<bool, ReadError> {
        let Some(newest) = self.archive.newest().await? else {
            self.status.send_modify(|status| (status.archived, status.complete_at) = (None, None));
            return Ok(false);
        };
        let page = read_back(self.stream.as_ref(), newest).await?;
        if page.before <= newest || newest == AlertPosition::START {
            self.keep(page.before, page.alerts).await?;
            self.moved();
        } else {
            self.at = Some(newest);
            self.moved();
        }
        Ok(true)
    }

    /// Keeps `alerts`, which come after `at` without a gap: each names the one before it in the archive, also where
    /// the stream had one between them that was forgotten.
    async fn keep(&mut self, at: AlertPosition, mut alerts: Vec<StreamedAlert>) -> Result<(), ReadError> {
        let end = alerts.last().map_or(at, |alert| alert.position);
        // Of one that was forgotten there is nothing to keep.
        alerts.retain(|alert| !alert.record.is_empty());
        let mut last = at;
        for alert in &mut alerts {
            alert.previous = last;
            last = alert.position;
        }
        let mut parts = Halving::of(alerts.len());
        while let Some(part) = parts.next() {
            match self.archive.keep(&alerts[part.clone()]).await {
                Ok(()) => {}
                Err(AuditError::Refused { source }) => {
                    if let Some(alone) = parts.refused(part) {
                        let position = alerts[alone].position;
                        tracing::error!(%position, error = %source, "the audit database refuses an alert; it is not archived");
                        self.status.send_modify(|status| status.losses += 1);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.at = Some(end);
        Ok(())
    }

    fn moved(&self) {
        self.status.send_modify(|status| status.archived = self.at);
        if let Some(work) = &self.shared {
            work.assignment.report(|report| report.archived = self.at);
        }
    }

    /// Says once that it fails, and once that it goes on.
    fn note(&self, error: Option<&ReadError>) {
        self.status.send_if_modified(|status| {
            match (&status.failure, error) {
                (None, None) => return false,
                (None, Some(error)) => tracing::warn!(%error, "alerts are not archived; it is tried again and again"),
                (Some(_), Some(_)) => {}
                (Some(_), None) => tracing::info!("alerts are archived again"),
            }
            let error = error.map(|error| error as _);
            status.failure = Failure::after(status.failure.as_ref(), error, self.clock.now());
            true
        });
    }
}
