//! Moves findings from the buckets in which they were raised to the alert stream.

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

/// Interval of the scan for findings that stopped nodes left behind. It covers all buckets, unless notifications name
/// the buckets with findings.
const SCAN_INTERVAL: Duration = Duration::from_secs(2);

/// Findings per batch: about 100 KB.
const BATCH_SIZE: usize = 100;

/// Buckets that are forwarded at the same time.
const MAX_CONCURRENT_BUCKETS: usize = 8;

/// Status of the forwarding of findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwarderStatus {
    /// Alerts that this node has appended to the stream since it started.
    pub forwarded: u64,
    /// Findings that this node could not decode. Each needs attention; the log states its bucket and entry.
    pub unreadable: u64,
    /// Pending findings of all nodes, as of a few seconds ago.
    pub pending: u64,
    /// Time since which the oldest of them has been pending, if the engine knows it.
    pub oldest: Option<UnixMillis>,
    /// Set while forwarding fails.
    pub failure: Option<String>,
}

/// Forwards findings to the alert stream. Any number of nodes may forward the same buckets; the nodes of a shared store
/// each forward their own.
pub struct FindingForwarder {
    stream: Arc<dyn AlertStream>,
    /// `None` if this node owns all buckets.
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

    /// Keeps alerts beyond the maximum age of the retention until they are archived.
    #[must_use]
    pub fn with_archiver(mut self, archiver: watch::Receiver<ArchiverStatus>) -> Self {
        self.archiver = Some(archiver);
        self
    }

    /// Restricts the forwarder to the buckets that this node owns.
    #[must_use]
    pub fn with_shared_work(mut self, work: Option<SharedWork>) -> Self {
        self.shared_work = work;
        self
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<ForwarderStatus> {
        self.status.subscribe()
    }

    /// Forwards findings until `stop` is cancelled: at once from the buckets that `hints` name, within seconds those
    /// that other nodes left behind. Before it returns, it forwards the buckets that are still named.
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
                    self.record_outcome(outcome.err(), None);
                    return;
                }
                Some(named) = hints.next() => self.forward(named).await,
                () = self.wait_for_announcement() => self.forward_announced().await,
                _ = scan.tick() => self.forward_all().await,
            };
            if outcome.is_ok() {
                backoff.reset();
            }
            let retry_in = outcome.is_err().then(|| backoff.next_delay());
            self.record_outcome(outcome.err(), retry_in);
            if let Some(delay) = retry_in {
                // The scan finds the buckets that were named.
                scan.reset_immediately();
                let _ = stop.run_until_cancelled(sleep(delay)).await;
            }
        }
    }

    /// Waits for a notification of findings. Never returns if no nodes share the work.
    async fn wait_for_announcement(&self) {
        match &self.shared_work {
            Some(work) => work.assignment.findings_marked().await,
            None => pending().await,
        }
    }

    /// Forwards the buckets that notifications have named.
    async fn forward_announced(&self) -> Result<(), StoreError> {
        let Some(work) = &self.shared_work else { return Ok(()) };
        let announced = work.assignment.take_findings();
        if announced.len() > MAX_CONCURRENT_BUCKETS {
            return self.count_and_forward(work, announced).await;
        }
        self.forward(announced.iter().collect()).await
    }

    /// Counts the pending findings in `buckets` of this node, reports the count to the other nodes, and forwards them.
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

    /// Forwards all pending findings.
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

    /// Forwards all `buckets`, even if some of them fail. Returns the first error.
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

    /// Forwards one batch of a bucket. Returns `None` if another node owns the bucket.
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

    /// Records the outcome of an attempt. Logs the first of several failures, and the recovery.
    fn record_outcome(&self, failure: Option<StoreError>, retry_in: Option<Duration>) {
        self.status.send_if_modified(|status| {
            match (&status.failure, &failure) {
                (None, Some(error)) => {
                    tracing::warn!(
                        %error,
                        retry_in = retry_in.map(tracing::field::debug),
                        "failed to forward findings to the alert stream; retrying with backoff"
                    );
                }
                (Some(_), None) => tracing::info!("forwarding of findings has resumed"),
                _ => {}
            }
            let is_new = status.failure.is_some() != failure.is_some();
            status.failure = failure.map(|error| error.to_string());
            is_new
        });
    }
}
