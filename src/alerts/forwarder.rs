//! Moves findings from the buckets that they were raised in to the stream of alerts.

use std::{pin::pin, sync::Arc, time::Duration};

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
    domain::{Bucket, UnixMillis},
    store::{AlertStream, Keep, StoreError},
};

/// How often all buckets are looked at, for what nodes left behind that are gone.
const LOOK: Duration = Duration::from_secs(2);

/// Findings moved in one step: about 100 KB.
const BATCH: usize = 100;

/// Buckets that are worked on at a time.
const AT_ONCE: usize = 8;

/// How forwarding goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwarderStatus {
    /// Alerts that this node put into the stream since it started.
    pub forwarded: u64,
    /// Findings that it could not read: each wants a look, the log has where it was.
    pub unreadable: u64,
    /// Findings that wait, of all nodes, as of a few seconds ago.
    pub waiting: u64,
    /// Since when the oldest of them waits, as far as the engine knows.
    pub oldest: Option<UnixMillis>,
    /// Set while it fails.
    pub failure: Option<String>,
}

/// Any number of nodes may forward the same buckets.
pub struct Forwarder {
    stream: Arc<dyn AlertStream>,
    clock: Arc<dyn Clock>,
    keep: Keep,
    archiver: Option<watch::Receiver<ArchiverStatus>>,
    status: watch::Sender<ForwarderStatus>,
}

impl Forwarder {
    #[must_use]
    pub fn new(stream: Arc<dyn AlertStream>, clock: Arc<dyn Clock>, keep: Keep) -> Self {
        Self { stream, clock, keep, archiver: None, status: watch::Sender::default() }
    }

    /// Cuts nothing for its age that the archiver does not have.
    #[must_use]
    pub fn after(mut self, archiver: watch::Receiver<ArchiverStatus>) -> Self {
        self.archiver = Some(archiver);
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
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut backoff = Backoff::new(Arc::clone(&self.clock));
        loop {
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    let named = hints.next().now_or_never().flatten().unwrap_or_default();
                    let outcome = self.forward(named).await;
                    self.note(outcome.err());
                    return;
                }
                Some(named) = hints.next() => self.forward(named).await,
                _ = look.tick() => self.forward_all().await,
            };
            if outcome.is_ok() {
                backoff.reset();
            }
            let failed = outcome.is_err();
            self.note(outcome.err());
            if failed {
                // What was named is found again by looking.
                look.reset_immediately();
                let _ = stop.run_until_cancelled(sleep(backoff.pause())).await;
            }
        }
    }

    /// Forwards all that waits.
    async fn forward_all(&self) -> Result<(), StoreError> {
        let waiting = self.stream.waiting().await?;
        self.status.send_modify(|status| {
            status.waiting = waiting.findings;
            status.oldest = waiting.oldest;
        });
        self.forward(waiting.buckets).await
    }

    /// Tries each, and answers the first error.
    async fn forward(&self, buckets: Vec<Bucket>) -> Result<(), StoreError> {
        let outcomes: Vec<_> =
            stream::iter(buckets).map(|bucket| self.forward_bucket(bucket)).buffer_unordered(AT_ONCE).collect().await;
        outcomes.into_iter().collect()
    }

    async fn forward_bucket(&self, bucket: Bucket) -> Result<(), StoreError> {
        loop {
            let forwarded = self.stream.forward(bucket, BATCH, self.keep()).await?;
            self.status.send_if_modified(|status| {
                status.forwarded += forwarded.alerts;
                status.unreadable += forwarded.unreadable;
                forwarded.alerts + forwarded.unreadable > 0
            });
            if !forwarded.more {
                return Ok(());
            }
        }
    }

    fn keep(&self) -> Keep {
        match &self.archiver {
            Some(archiver) => Keep { archived: archiver.borrow().archived, ..self.keep },
            None => self.keep,
        }
    }

    /// Says once that it fails, and once that it goes on.
    fn note(&self, failure: Option<StoreError>) {
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
