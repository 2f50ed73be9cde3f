//! Relay of events from the outbox to the audit log.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    AuditError, DeadLetter, EventLog, OngoingFailure, RelayError, RelayStatus, SweepProgress,
    backlog_counter::{BacklogCounter, BacklogSnapshot},
    bisection::BatchBisection,
};
use crate::{
    backoff::Backoff,
    clock::{Clock, Stopwatch},
    domain::{BucketSet, Event, UnixMillis},
    store::{BucketClaims, MarkedOutboxes, Outbox, OutboxPosition, PendingEvent, SharedWork, outbox::OutboxEntry},
};

/// Maximum number of entries read of each bucket in the first pass over all of them.
const ENTRIES_PER_BUCKET: usize = 32;
/// Limits of a further pass, if entries are left: the buckets that are read together, the entries of each, and the
/// number of such parts in progress at a time, so that one is read while another is appended. In both passes at most
/// 8192 entries are held in memory: usually a few MiB, 72 MiB if all had the maximum size.
const BUCKETS_PER_PART: usize = 16;
const ENTRIES_PER_BUCKET_OF_PART: usize = 256;
const CONCURRENT_PARTS: usize = 2;
/// Maximum number of events in one transaction, and the minimum to which it shrinks if the database cannot process more
/// in time.
const MAX_BATCH: usize = 4096;
const MIN_BATCH: usize = 64;
/// Duration up to which a batch counts as fast, so that the next may be larger.
const FAST_BATCH: Duration = Duration::from_secs(2);
/// Time that a wake-up waits for others, so that a burst becomes one pass.
const COALESCE_DELAY: Duration = Duration::from_millis(50);
/// Maximum sleep without a wake-up. Without notifications, events of other nodes wait no longer than this.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// Interval at which the backlog is counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);

/// The largest and the smallest number of sessions of a mass revocation that are ended in one transaction, and the
/// pause after it, in which other work proceeds.
const MAX_MASS_ENDINGS: u32 = 2000;
const MIN_MASS_ENDINGS: u32 = 64;
const MASS_PAUSE: Duration = Duration::from_millis(20);
/// Time limit of the last pass after the relay was stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// Moves events from the outbox to the audit log, in the order of each user, and deletes from the outbox exactly the
/// events that the log has. It stores no position: events that were appended but not deleted are read again and
/// recognised by their IDs. Several nodes may therefore each run a relay, and each may be killed at any time.
///
/// Of a store that several nodes share, it drains the buckets of its node that are marked as having events. Deletion
/// states the claims under which the events were read, so a node that was considered dead deletes nothing.
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    /// `None`: this relay drains all buckets.
    shared: Option<SharedWork>,
    sweeps: Arc<SweepProgress>,
    status: watch::Sender<RelayStatus>,
    /// While it is set, nothing is appended.
    is_held: AtomicBool,
    /// The number of events in one transaction, adapted to the recent speed of the database.
    batch: AtomicUsize,
    /// The number of sessions of a mass revocation that the next transaction ends, adapted to the recent speed of the
    /// database.
    mass_endings: AtomicU32,
    /// The time up to which every event of the store is in the audit log.
    drained_until: watch::Sender<Option<UnixMillis>>,
}

/// The result of one pass over the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// The number of entries removed from the outbox. Zero means that it was empty.
    pub entries: u64,
    /// Set if a bucket had as many entries as a pass reads, so there may be more.
    pub has_more: bool,
    /// The number of events that are new in the audit log.
    pub added: u64,
    /// The number of entries stored as dead letters.
    pub dead_letters: u64,
}

impl DrainReport {
    fn merge(self, other: Self) -> Self {
        Self {
            entries: self.entries + other.entries,
            has_more: self.has_more || other.has_more,
            added: self.added + other.added,
            dead_letters: self.dead_letters + other.dead_letters,
        }
    }
}

impl Relay {
    #[must_use]
    pub fn new(outbox: Arc<dyn Outbox>, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>) -> Self {
        let (sweeps, status, drained_until) = (Arc::default(), watch::Sender::default(), watch::Sender::default());
        let (is_held, batch, mass_endings) = (AtomicBool::new(false), MAX_BATCH.into(), MAX_MASS_ENDINGS.into());
        Self { outbox, log, clock, shared: None, sweeps, status, is_held, batch, mass_endings, drained_until }
    }

    /// Limits the relay to the buckets of this node.
    #[must_use]
    pub fn with_shared_work(mut self, work: Option<SharedWork>) -> Self {
        self.shared = work;
        self
    }

    /// Returns a receiver of the relay's status; reading it takes a lock that is rarely contended.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<RelayStatus> {
        self.status.subscribe()
    }

    /// Returns the progress that sweeps must record: the audit is complete no further than the last sweep of all
    /// buckets.
    #[must_use]
    pub fn sweep_progress(&self) -> Arc<SweepProgress> {
        Arc::clone(&self.sweeps)
    }

    /// Holds events in the outbox, where they are still counted, or releases them. They are held until the audit
    /// database is known to be the right one.
    pub fn hold(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::Relaxed);
    }

    /// Drains until `stop` is cancelled, and then until the outbox is empty, for at most three seconds. `wake` signals
    /// new events.
    pub async fn run(self: Arc<Self>, wake: Arc<Notify>, stop: CancellationToken) {
        let late = async {
            stop.cancelled().await;
            sleep(SHUTDOWN_TIMEOUT).await;
        };
        tokio::select! {
            () = self.run_drain(&wake, &stop) => {}
            () = self.run_backlog_count() => {}
            () = self.run_completion() => {}
            () = late => {
                tracing::warn!("stopped before the outbox was empty; another node or the next start continues");
            }
        }
    }

    /// Makes one pass over the marked buckets of this node: first over all of them and, if entries are left, over one
    /// part after another. After an error, the entries that were not appended stay in the outbox, and possibly some
    /// that were.
    pub async fn drain_once(&self) -> Result<DrainReport, RelayError> {
        let scope = self.scope();
        if scope.buckets.is_empty() {
            return Ok(DrainReport::default());
        }
        let drained = self.drain_buckets(&scope, scope.buckets, ENTRIES_PER_BUCKET).await?;
        if !drained.has_more {
            return Ok(drained);
        }
        let buckets: Vec<_> = scope.buckets.iter().collect();
        let parts: Vec<BucketSet> =
            buckets.chunks(BUCKETS_PER_PART).map(|part| part.iter().copied().collect()).collect();
        let parts = parts.into_iter().map(|part| self.drain_buckets(&scope, part, ENTRIES_PER_BUCKET_OF_PART));
        let parts = stream::iter(parts).buffer_unordered(CONCURRENT_PARTS);
        parts.try_fold(DrainReport { has_more: false, ..drained }, async |sum, part| Ok(sum.merge(part))).await
    }

    /// Returns the buckets of a pass that begins now, and the claims under which it deletes.
    fn scope(&self) -> DrainScope {
        let Some(SharedWork { assignment, .. }) = &self.shared else {
            return DrainScope { buckets: BucketSet::ALL, ..DrainScope::default() };
        };
        let (claims, marks) = (assignment.claims(), assignment.marked_events());
        DrainScope { buckets: marks.buckets, claims, marks }
    }

    /// Moves the events of some buckets, at most `limit` entries of each. Only one call at a time may drain a bucket,
    /// to keep the order of its users.
    async fn drain_buckets(
        &self,
        scope: &DrainScope,
        buckets: BucketSet,
        limit: usize,
    ) -> Result<DrainReport, RelayError> {
        let mut pending = self.outbox.read_outbox(buckets, limit).await?;
        // The same order on every node prevents deadlocks between two nodes that lock each other's rows.
        pending.sort_by_key(|event| event.position.bucket);
        let more = pending.chunk_by(|one, next| one.position.bucket == next.position.bucket);
        let mut drained =
            DrainReport { has_more: more.into_iter().any(|bucket| bucket.len() >= limit), ..DrainReport::default() };
        let mut pending = pending.into_iter().peekable();
        while pending.peek().is_some() {
            let batch = RelayBatch::from_pending(pending.by_ref().take(self.batch.load(Ordering::Relaxed)));
            self.process_batch(scope, batch, &mut drained).await?;
        }
        Ok(drained)
    }

    /// Appends every entry of the batch or stores it as a dead letter, and then deletes the entries from the outbox.
    async fn process_batch(
        &self,
        scope: &DrainScope,
        batch: RelayBatch,
        drained: &mut DrainReport,
    ) -> Result<(), RelayError> {
        if self.is_held.load(Ordering::Relaxed) {
            let unverified = "its binding to this session store is not yet verified";
            return Err(AuditError::unavailable("checking the binding", unverified).into());
        }
        for refused in &batch.unreadable {
            self.dead_letter(refused, drained).await?;
        }
        let mut parts = BatchBisection::new(batch.events.len());
        while let Some(part) = parts.next() {
            let begun = Stopwatch::start();
            match self.log.append(&batch.events[part.clone()]).await {
                Ok(appended) => {
                    if begun.elapsed() < FAST_BATCH {
                        self.resize(|batch| batch * 2);
                    }
                    drained.added += appended.added;
                    self.status.send_modify(|status| status.appended += appended.added);
                }
                Err(AuditError::Refused { source }) => {
                    if let Some(index) = parts.split_refused(part) {
                        let (position, entry) = batch.origins[index].clone();
                        self.dead_letter(&DeadLetter::new(position, entry, source.as_ref()), drained).await?;
                    }
                }
                Err(error) => {
                    self.resize(|batch| batch / 2);
                    return Err(error.into());
                }
            }
        }
        drained.entries += self.delete(scope, &batch.positions).await?;
        Ok(())
    }

    /// Returns the number of deleted entries. Entries of buckets that now belong to another node stay, for that node.
    async fn delete(&self, scope: &DrainScope, positions: &[OutboxPosition]) -> Result<u64, RelayError> {
        let Some(SharedWork { store, assignment }) = &self.shared else {
            self.outbox.delete_from_outbox(positions).await?;
            return Ok(positions.len() as u64);
        };
        let deleted = store.delete_relayed(positions, &scope.claims).await?;
        assignment.clear_events(&scope.marks, deleted.empty);
        for bucket in deleted.lost.iter() {
            tracing::debug!(%bucket, "leaving events in the outbox; another node now owns this bucket");
            if let Some(claim) = scope.claims.get(&bucket) {
                assignment.drop_claim(*claim);
            }
        }
        Ok(positions.iter().filter(|position| !deleted.lost.contains(position.bucket)).count() as u64)
    }

    fn resize(&self, to: impl Fn(usize) -> usize) {
        let size = to(self.batch.load(Ordering::Relaxed)).clamp(MIN_BATCH, MAX_BATCH);
        self.batch.store(size, Ordering::Relaxed);
    }

    async fn dead_letter(&self, refused: &DeadLetter, drained: &mut DrainReport) -> Result<(), RelayError> {
        self.log.dead_letter(refused).await?;
        drained.dead_letters += 1;
        self.status.send_modify(|status| status.dead_letters += 1);
        let DeadLetter { position, error, .. } = refused;
        tracing::error!(
            bucket = %position.bucket, entry = position.entry, error,
            "stored an unprocessable event as a dead letter"
        );
        Ok(())
    }

    async fn run_drain(&self, wake: &Notify, stop: &CancellationToken) {
        let mut backoff = Backoff::new(Arc::clone(&self.clock));
        let mut is_stopping = false;
        loop {
            if stop.is_cancelled() && !is_stopping {
                is_stopping = true;
                self.mark_all_buckets();
            }
            let outcome = self.drain_once().await;
            self.record_outcome(outcome.as_ref().err());
            match outcome {
                Ok(DrainReport { has_more: true, .. }) => backoff.reset(),
                Ok(DrainReport { entries: 1.., .. }) if self.has_marked_buckets() => backoff.reset(),
                Ok(DrainReport { entries: 1.., .. }) if stop.is_cancelled() => {}
                _ if stop.is_cancelled() => return,
                Ok(_) => {
                    backoff.reset();
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.wait_for_work(wake) => sleep(COALESCE_DELAY).await,
                    }
                }
                Err(_) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = sleep(backoff.next_delay()) => {}
                    }
                }
            }
        }
    }

    /// Waits until there may be events, or for one second.
    async fn wait_for_work(&self, wake: &Notify) {
        match &self.shared {
            Some(SharedWork { assignment, .. }) if assignment.is_listening() => {
                let _ = timeout(IDLE_INTERVAL, assignment.events_marked()).await;
            }
            _ => {
                let _ = timeout(IDLE_INTERVAL, wake.notified()).await;
                self.mark_all_buckets();
            }
        }
    }

    /// Returns whether buckets are already marked, for which no further notification comes.
    fn has_marked_buckets(&self) -> bool {
        self.shared.as_ref().is_some_and(|work| !work.assignment.marked_events().buckets.is_empty())
    }

    /// Makes the next pass read every bucket of this node.
    fn mark_all_buckets(&self) {
        if let Some(SharedWork { assignment, .. }) = &self.shared {
            assignment.mark_events(BucketSet::ALL);
        }
    }

    /// Logs the first failure to drain and the recovery, and updates the status.
    fn record_outcome(&self, error: Option<&RelayError>) {
        let now = self.clock.now();
        let before = self.status.borrow().failure.clone();
        match (&before, error) {
            (None, None) => return,
            (None, Some(error)) => tracing::warn!(%error, "failed to drain the outbox; retrying with backoff"),
            (Some(_), Some(_)) => {}
            (Some(failure), None) => {
                let seconds = now.since(failure.since).as_secs();
                tracing::info!(after_seconds = seconds, "draining the outbox succeeded again");
            }
        }
        let failure = OngoingFailure::from_outcome(before.as_ref(), error.map(|error| error as _), now);
        self.status.send_modify(|status| status.failure = failure);
    }

    /// Counts the backlog until cancelled. While part of the store is unavailable, the last count stays, marked as
    /// outdated.
    async fn run_backlog_count(&self) {
        let mut count = BacklogCounter::new(Arc::clone(&self.outbox), self.shared.clone(), Arc::clone(&self.sweeps));
        loop {
            let counted = count.count(self.clock.now()).await;
            let now = self.clock.now();
            if let (Err(error), None) = (&counted, &self.status.borrow().count_failure) {
                tracing::warn!(%error, "failed to count the outbox; part of the store is unavailable");
            }
            if let Ok(Some(BacklogSnapshot { complete_until: Some(drained_until), .. })) = counted {
                self.drained_until.send_replace(Some(drained_until));
            }
            self.status.send_modify(|status| match counted {
                Ok(Some(counted)) => {
                    (status.backlog, status.count_failure, status.counted_at) = (counted.backlog, None, Some(now));
                }
                Ok(None) => status.count_failure = None,
                Err(error) => {
                    status.count_failure =
                        OngoingFailure::from_outcome(status.count_failure.as_ref(), Some(&error), now);
                }
            });
            sleep(COUNT_INTERVAL).await;
        }
    }

    /// Runs until cancelled. Whenever more is drained, ends the sessions of earlier mass revocations, and then updates
    /// the time up to which the audit is complete.
    async fn run_completion(&self) {
        let mut drained = self.drained_until.subscribe();
        while drained.changed().await.is_ok() {
            let Some(until) = *drained.borrow_and_update() else { continue };
            if self.is_held.load(Ordering::Relaxed) {
                continue;
            }
            let outcome = self.end_revoked(until).await;
            self.record_mass_endings_outcome(outcome.as_ref().err());
            if let Ok(complete_until) = outcome {
                self.status.send_modify(|status| status.complete_until = Some(complete_until));
            }
        }
    }

    /// Logs the first failure to end the sessions of mass revocations and the recovery, and updates the status.
    fn record_mass_endings_outcome(&self, error: Option<&AuditError>) {
        let now = self.clock.now();
        let before = self.status.borrow().mass_endings_failure.clone();
        match (&before, error) {
            (None, None) => return,
            (None, Some(error)) => {
                tracing::warn!(
                    %error, sessions = self.mass_endings.load(Ordering::Relaxed),
                    "failed to end the sessions of a mass revocation in the audit; retrying with this many at a time"
                );
            }
            (Some(_), Some(error)) => {
                tracing::debug!(%error, "failed again to end the sessions of a mass revocation in the audit; retrying");
            }
            (Some(failure), None) => {
                let seconds = now.since(failure.since).as_secs();
                tracing::info!(
                    after_seconds = seconds,
                    "ending the sessions of mass revocations in the audit succeeded again"
                );
            }
        }
        let failure = OngoingFailure::from_outcome(before.as_ref(), error.map(|error| error as _), now);
        self.status.send_modify(|status| status.mass_endings_failure = failure);
    }

    /// Ends the sessions of mass revocations, provided that everything that took effect before `until` is in the audit
    /// log. Returns the time up to which the audit is then complete: never later than a mass revocation that has
    /// sessions left to end. After an error, which may be a timeout of the database, the next transaction ends half as
    /// many.
    pub async fn end_revoked(&self, until: UnixMillis) -> Result<UnixMillis, AuditError> {
        loop {
            let limit = self.mass_endings.load(Ordering::Relaxed);
            let begun = Stopwatch::start();
            let outcome = self.log.end_revoked(until, limit).await;
            let resized = match &outcome {
                Ok(endings) if endings.ended >= limit.into() && begun.elapsed() < FAST_BATCH => limit * 2,
                Ok(_) => limit,
                Err(_) => limit / 2,
            };
            self.mass_endings.store(resized.clamp(MIN_MASS_ENDINGS, MAX_MASS_ENDINGS), Ordering::Relaxed);
            let endings = outcome?;
            if !endings.has_more {
                return Ok(endings.unfinished.map_or(until, |at| at.min(until)));
            }
            sleep(MASS_PAUSE).await;
        }
    }
}

/// The buckets, claims and marks of one pass.
#[derive(Default)]
struct DrainScope {
    buckets: BucketSet,
    claims: BucketClaims,
    marks: MarkedOutboxes,
}

/// Entries that are appended and deleted together.
#[derive(Default)]
struct RelayBatch {
    /// The positions of all entries.
    positions: Vec<OutboxPosition>,
    events: Vec<Event>,
    /// The outbox entry of each event.
    origins: Vec<(OutboxPosition, OutboxEntry)>,
    unreadable: Vec<DeadLetter>,
}

impl RelayBatch {
    fn from_pending(pending: impl Iterator<Item = PendingEvent>) -> Self {
        let mut batch = Self::default();
        for PendingEvent { position, entry, event } in pending {
            batch.positions.push(position.clone());
            match event {
                Ok(event) => {
                    batch.events.push(event);
                    batch.origins.push((position, entry));
                }
                Err(error) => batch.unreadable.push(DeadLetter::new(position, entry, &error)),
            }
        }
        batch
    }
}
