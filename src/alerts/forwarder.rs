//! Moves findings from the buckets that they were raised in to the stream of alerts.

use std::{future::pending, pin::pin, sync::Arc, time::Duration};

use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::archiver::ArchiverStatus;
use crate::{
    backoff::Backoff,
    clock::Clock,
    domain::{Bucket, BucketSet, UnixMillis},
    store::{AlertRetention, AlertStream, Backlog, ForwardOutcome, SharedWork, StoreError},
};

/// How often buckets are looked at, for what nodes left behind that are gone: all of them, unless news say where something
/// waits.
const SCAN_INTERVAL: Duration = Duration::from_secs(2);

/// Findings moved in one step: about 100 KB.
const BATCH_SIZE: usize = 100;

/// Buckets that are worked on at a time.
const MAX_CONCURRENT_BUCKETS: usize = 8;

/// How forwarding goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwarderStatus {
    /// Alerts that this node put into the stream since it started.
    pub forwarded: u64,
    /// Findings that it could not read: each wants a look, the log has where it was.
    pub unreadable: u64,
    /// Findings that wait, of all nodes, as of a few seconds ago.
    pub pending: u64,
    /// Since when the oldest of them waits, as far as the engine knows.
    pub oldest: Option<UnixMillis>,
    /// Set while it fails.
    pub failure: Option<String>,
}

/// Any number of nodes may forward the same buckets. Of a store that several share, each forwards its own.
pub struct FindingForwarder {
    stream: Arc<dyn AlertStream>,
    /// `None`: all buckets are this one's.
    shared_work: Option<SharedWork>,
    clock: Arc<dyn Clock>,
    retention: AlertRetention,
    archiver: Option<watch::Receiver<ArchiverStatus>>,
    status: watch::Sender<ForwarderStatus>,
}

impl FindingForwarder {
    #[must_use]
    pub fn new(stream: Arc<dyn AlertStream>, clock: Arc<dyn Clock>, keep: AlertRetention) -> Self {
        Self { stream, shared_work: None, clock, retention: keep, archiver: None, status: watch::Sender::default() }
    }

    /// Cuts nothing for its age that the archiver does not have.
    #[must_use]
    pub fn with_archiver(mut self, archiver: watch::Receiver<ArchiverStatus>) -> Self {
        self.archiver = Some(archiver);
        self
    }

    /// Forwards the buckets of this node alone.
    #[must_use]
    pub fn with_shared_work(mut self, work: Option<SharedWork>) -> Self {
        self.shared_work = work;
        self
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<ForwarderStatus> {
        self.status.subscribe()
    }

    /// Forwards what `hints` name at once, and what others left behind within seconds, until told to stop; then
    /// what is named still.
    pub async fn run(self, hints: impl Stream<Item = Vec<Bucket>> + Send, stop: CancellationToken) {
        let mut hints = pin!(hints);
        let mut scan = interval(SCAN_INTERVAL);
        scan.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut backoff = Backoff::new(Arc::clone(&self.clock));
        loop {
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    let named = hints.next().now_or_never().flatten().unwrap_or_default();
                    let outcome = self.forward(named).await.and(self.forward_announced().await);
                    self.record_outcome(outcome.err());
                    return;
                }
                Some(named) = hints.next() => self.forward(named).await,
                () = self.wait_for_announcement() => self.forward_announced().await,
                _ = scan.tick() => self.forward_all().await,
            };
            if outcome.is_ok() {
                backoff.reset();
            }
            let failed = outcome.is_err();
            self.record_outcome(outcome.err());
            if failed {
                // What was named is found again by looking.
                scan.reset_immediately();
                let _ = stop.run_until_cancelled(sleep(backoff.next_delay())).await;
            }
        }
    }

    /// Waits for news of findings. Without nodes that share the work there are none.
    async fn wait_for_announcement(&self) {
        match &self.shared_work {
            Some(work) => work.assignment.findings_marked().await,
            None => pending().await,
        }
    }

    /// Forwards where news say that something waits.
    async fn forward_announced(&self) -> Result<(), StoreError> {
        let Some(work) = &self.shared_work else { return Ok(()) };
        let announced = work.assignment.take_findings();
        if announced.len() > MAX_CONCURRENT_BUCKETS {
            return self.count_and_forward(work, announced).await;
        }
        self.forward(announced.iter().collect()).await
    }

    /// Counts what waits in buckets of this node, reports it to the others, and forwards it.
    async fn count_and_forward(&self, work: &SharedWork, buckets: BucketSet) -> Result<(), StoreError> {
        let lengths = if buckets.is_empty() {
            Vec::new()
        } else {
            let lengths = work.store.findings_lengths(buckets).await;
            lengths.inspect_err(|_| work.assignment.mark_findings(buckets))?
        };
        let waiting: Vec<_> = lengths.iter().filter(|length| length.entries > 0).collect();
        let own = Backlog {
            events: waiting.iter().map(|length| length.entries).sum(),
            oldest: waiting.iter().filter_map(|length| length.oldest).min(),
        };
        work.assignment.update_report(|report| report.findings = own);
        let all = work.assignment.cluster_view().map_or(own, |view| view.findings);
        self.status.send_modify(|status| (status.pending, status.oldest) = (all.events, all.oldest));
        self.forward(waiting.into_iter().map(|length| length.bucket).collect()).await
    }

    /// Forwards all that waits.
    async fn forward_all(&self) -> Result<(), StoreError> {
        if let Some(work) = &self.shared_work {
            if !work.assignment.is_listening() {
                work.assignment.mark_findings(BucketSet::ALL);
            }
            return self.count_and_forward(work, work.assignment.take_findings()).await;
        }
        let waiting = self.stream.pending_findings().await?;
        self.status.send_modify(|status| {
            status.pending = waiting.findings;
            status.oldest = waiting.oldest;
        });
        self.forward(waiting.buckets).await
    }

    /// Tries each, and answers the first error.
    async fn forward(&self, buckets: Vec<Bucket>) -> Result<(), StoreError> {
        let outcomes: Vec<_> = stream::iter(buckets)
            .map(|bucket| self.forward_bucket(bucket))
            .buffer_unordered(MAX_CONCURRENT_BUCKETS)
            .collect()
            .await;
        outcomes.into_iter().collect()
    }

    async fn forward_bucket(&self, bucket: Bucket) -> Result<(), StoreError> {
        loop {
            let Some(forwarded) = self.forward_batch(bucket).await? else { return Ok(()) };
            self.status.send_if_modified(|status| {
                status.forwarded += forwarded.alerts;
                status.unreadable += forwarded.unreadable;
                forwarded.alerts + forwarded.unreadable > 0
            });
            if !forwarded.has_more {
                return Ok(());
            }
        }
    }

    /// Forwards a part of what waits in a bucket. `None`: the bucket is another node's.
    async fn forward_batch(&self, bucket: Bucket) -> Result<Option<ForwardOutcome>, StoreError> {
        let Some(SharedWork { store, assignment }) = &self.shared_work else {
            return self.stream.forward(bucket, BATCH_SIZE, self.retention()).await.map(Some);
        };
        let Some(claim) = assignment.claim(bucket) else { return Ok(None) };
        match store.forward_claimed(claim, BATCH_SIZE, self.retention()).await {
            Ok(forwarded) => Ok(Some(forwarded)),
            Err(StoreError::ClaimLost { .. }) => {
                assignment.drop_claim(claim);
                Ok(None)
            }
            Err(error) => {
                assignment.mark_findings([bucket].into_iter().collect());
                Err(error)
            }
        }
    }

    fn retention(&self) -> AlertRetention {
        match &self.archiver {
            Some(archiver) => AlertRetention { archived: archiver.borrow().archived_up_to, ..self.retention },
            None => self.retention,
        }
    }

    /// Says once that it fails, and once that it goes on.
    fn record_outcome(&self, failure: Option<StoreError>) {
        self.status.send_if_modified(|status| {
            match (&status.failure, &failure) {
                (None, Some(error)) => {
                    tracing::warn!(%error, "findings do not get into the stream of alerts; it is tried again and again");
                }
                (Some(_), None) => tracing::info!("findings get into the stream of alerts again"),
                _ => {}
            }
            let is_new = status.failure.is_some() != failure.is_some();
            status.failure = failure.map(|error| error.to_string());
            is_new
        });
    }
}
