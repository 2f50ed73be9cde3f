//! From the outbox into the audit.

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
    clock::{Clock, Stopwatch},
    domain::{BucketSet, Event, UnixMillis},
    store::{
        BucketClaims, MarkedOutboxes, OutboxPosition, PendingEvent, SessionStore, SharedWork, outbox::OutboxEntry,
    },
};

/// Entries read of each bucket in one look at all of them.
const ENTRIES_PER_BUCKET: usize = 32;
/// When that was not everything: buckets that are read together, entries of each, and how many such parts are under
/// way at a time, so that one is read while another one is appended. Either way no more than 8192 entries are held in
/// memory: a few MiB as a rule, 72 MiB if all were as large as one can be.
const BUCKETS_PER_PART: usize = 16;
const ENTRIES_PER_BUCKET_OF_PART: usize = 256;
const CONCURRENT_PARTS: usize = 2;
/// Events in one transaction: at most, and so few at least where more are too many for the time that there is.
const MAX_BATCH: usize = 4096;
const MIN_BATCH: usize = 64;
/// Within which a batch was quick, so that the next may be larger.
const FAST_BATCH: Duration = Duration::from_secs(2);
/// How long a wake-up waits for others, so that a burst is one pass and not many.
const COALESCE_DELAY: Duration = Duration::from_millis(50);
/// How long the relay sleeps when nobody wakes it. Without news of other nodes, their events wait no longer.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// How often the backlog is counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);
/// The first and the longest pause after a failure.
const RETRY_DELAYS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// The largest and the smallest number of sessions of a mass revocation that are ended in one transaction, and the pause
/// after it, in which others are served.
const MAX_MASS_ENDINGS: u32 = 2000;
const MIN_MASS_ENDINGS: u32 = 64;
const MASS_PAUSE: Duration = Duration::from_millis(20);
/// How long the last pass may take once the relay was told to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// Moves events from the outbox into the audit log, in the order of each user, and deletes from the
/// outbox exactly what the log has. It keeps no position of its own: what was appended but not deleted
/// is read again and recognised by its id, so that several nodes may each run one, and each be killed,
/// at any time.
///
/// Of a store that several nodes share, it drains the buckets of its node, where news say that something waits. Deleting
/// states the claims under which it was read, so that a node that was taken for dead deletes nothing.
pub struct Relay {
    store: Arc<dyn SessionStore>,
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    /// `None`: all buckets are this relay's.
    shared: Option<SharedWork>,
    sweeps: Arc<SweepProgress>,
    status: watch::Sender<RelayStatus>,
    /// Nothing is appended while it is set.
    is_held: AtomicBool,
    /// Events that the database is given in one transaction, as it was able to take them lately.
    batch: AtomicUsize,
    /// The number of sessions of a mass revocation that the next transaction ends, as the database managed lately.
    mass_endings: AtomicU32,
    /// Up to when everything that the store has told of is in the audit log.
    drained_until: watch::Sender<Option<UnixMillis>>,
}

/// What one pass over the outbox did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Entries that are gone from the outbox. Zero: it was empty.
    pub entries: u64,
    /// A bucket held as much as a pass reads, so there may be more.
    pub has_more: bool,
    /// Events that are new in the audit log.
    pub added: u64,
    /// Entries that were set aside.
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
    pub fn new(store: Arc<dyn SessionStore>, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>) -> Self {
        let (sweeps, status, drained_until) = (Arc::default(), watch::Sender::default(), watch::Sender::default());
        let (is_held, batch, mass_endings) = (AtomicBool::new(false), MAX_BATCH.into(), MAX_MASS_ENDINGS.into());
        Self { store, log, clock, shared: None, sweeps, status, is_held, batch, mass_endings, drained_until }
    }

    /// Drains the buckets of this node alone.
    #[must_use]
    pub fn with_shared_work(mut self, work: Option<SharedWork>) -> Self {
        self.shared = work;
        self
    }

    /// Follows the relay's status; reading it costs a lock that is hardly ever contended.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<RelayStatus> {
        self.status.subscribe()
    }

    /// Where whoever sweeps notes it: the audit is complete no further than to the last sweep of all buckets.
    #[must_use]
    pub fn sweep_progress(&self) -> Arc<SweepProgress> {
        Arc::clone(&self.sweeps)
    }

    /// Holds events back in the outbox, where they are still counted, or lets them go: until it is certain that the audit
    /// database is the one that they belong in.
    pub fn hold(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::Relaxed);
    }

    /// Drains until it is told to stop; then until the outbox is empty, for three seconds at most.
    /// `wake` says that there are new events.
    pub async fn run(self: Arc<Self>, wake: Arc<Notify>, stop: CancellationToken) {
        let late = async {
            stop.cancelled().await;
            sleep(SHUTDOWN_TIMEOUT).await;
        };
        tokio::select! {
            () = self.run_drain(&wake, &stop) => {}
            () = self.run_backlog_count() => {}
            () = self.run_completion() => {}
            () = late => tracing::warn!("events are left in the outbox; another node or the next start takes them"),
        }
    }

    /// Makes one pass over the outbox, as far as it is this node's and something may wait there: a look at all of it and,
    /// when much waits, one at part after part of it. An error leaves in the outbox what was not appended, and perhaps some
    /// of what was.
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

    /// The buckets of a pass that begins now, and the claims under which it deletes.
    fn scope(&self) -> DrainScope {
        let Some(SharedWork { assignment, .. }) = &self.shared else {
            return DrainScope { buckets: BucketSet::ALL, ..DrainScope::default() };
        };
        let (claims, marks) = (assignment.claims(), assignment.marked_events());
        DrainScope { buckets: marks.buckets, claims, marks }
    }

    /// Moves what is read of some buckets, at most `limit` entries of each. One bucket must be with one call at a time,
    /// for the order of its users.
    async fn drain_buckets(
        &self,
        scope: &DrainScope,
        buckets: BucketSet,
        limit: usize,
    ) -> Result<DrainReport, RelayError> {
        let mut pending = self.store.read_outbox(buckets, limit).await?;
        // In one order on every node, so that two never wait for each other's rows in a circle.
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

    /// Appends or sets aside every entry of the batch, and then deletes them from the outbox.
    async fn process_batch(
        &self,
        scope: &DrainScope,
        batch: RelayBatch,
        drained: &mut DrainReport,
    ) -> Result<(), RelayError> {
        if self.is_held.load(Ordering::Relaxed) {
            let unknown = "it has not said yet whether it belongs to this session store";
            return Err(AuditError::unavailable("comparing it with the session store", unknown).into());
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

    /// Returns how many entries are gone. Those of buckets that belong to another node by now stay, for that one.
    async fn delete(&self, scope: &DrainScope, positions: &[OutboxPosition]) -> Result<u64, RelayError> {
        let Some(SharedWork { store, assignment }) = &self.shared else {
            self.store.delete_from_outbox(positions).await?;
            return Ok(positions.len() as u64);
        };
        let deleted = store.delete_relayed(positions, &scope.claims).await?;
        assignment.clear_events(&scope.marks, deleted.empty);
        for bucket in deleted.lost.iter() {
            tracing::debug!(%bucket, "events stay in the outbox, as another node drains this bucket by now");
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
        tracing::error!(bucket = %position.bucket, entry = position.entry, error, "an event was set aside");
        Ok(())
    }

    async fn run_drain(&self, wake: &Notify, stop: &CancellationToken) {
        let mut failures = 0;
        let mut is_stopping = false;
        loop {
            if stop.is_cancelled() && !is_stopping {
                is_stopping = true;
                self.mark_all_buckets();
            }
            let outcome = self.drain_once().await;
            self.record_outcome(outcome.as_ref().err());
            match outcome {
                Ok(DrainReport { has_more: true, .. }) => failures = 0,
                Ok(DrainReport { entries: 1.., .. }) if self.has_marked_buckets() => failures = 0,
                Ok(DrainReport { entries: 1.., .. }) if stop.is_cancelled() => {}
                _ if stop.is_cancelled() => return,
                Ok(_) => {
                    failures = 0;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.wait_for_work(wake) => sleep(COALESCE_DELAY).await,
                    }
                }
                Err(_) => {
                    let pause = retry_delay(failures, self.clock.now());
                    failures = failures.saturating_add(1);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = sleep(pause) => {}
                    }
                }
            }
        }
    }

    /// Waits until something may wait, or for a second.
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

    /// Whether more may wait already, of which no news will come.
    fn has_marked_buckets(&self) -> bool {
        self.shared.as_ref().is_some_and(|work| !work.assignment.marked_events().buckets.is_empty())
    }

    /// Has the next pass look at every bucket of this node.
    fn mark_all_buckets(&self) {
        if let Some(SharedWork { assignment, .. }) = &self.shared {
            assignment.mark_events(BucketSet::ALL);
        }
    }

    /// Says once that draining fails, and once that it goes on.
    fn record_outcome(&self, error: Option<&RelayError>) {
        let now = self.clock.now();
        let before = self.status.borrow().failure.clone();
        match (&before, error) {
            (None, None) => return,
            (None, Some(error)) => tracing::warn!(%error, "the outbox is not drained; it is tried again and again"),
            (Some(_), Some(_)) => {}
            (Some(failure), None) => {
                let seconds = now.since(failure.since).as_secs();
                tracing::info!(after_seconds = seconds, "the outbox is drained again");
            }
        }
        let failure = OngoingFailure::from_outcome(before.as_ref(), error.map(|error| error as _), now);
        self.status.send_modify(|status| status.failure = failure);
    }

    /// Never ends. While a part of the store does not answer, the last count is left standing, and said to be of before.
    async fn run_backlog_count(&self) {
        let mut count = BacklogCounter::new(Arc::clone(&self.store), self.shared.clone(), Arc::clone(&self.sweeps));
        loop {
            let counted = count.count(self.clock.now()).await;
            let now = self.clock.now();
            if let (Err(error), None) = (&counted, &self.status.borrow().count_failure) {
                tracing::warn!(%error, "what waits in the outbox cannot be counted; a part of the store is not read");
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

    /// Never ends. Whenever more is drained, ends the sessions of mass revocations from before, and then says up to when the
    /// audit is complete.
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

    /// Logs once that ending the sessions of mass revocations fails, and once that it works again.
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
                    "the sessions of mass revocations are ended in the audit again"
                );
            }
        }
        let failure = OngoingFailure::from_outcome(before.as_ref(), error.map(|error| error as _), now);
        self.status.send_modify(|status| status.mass_endings_failure = failure);
    }

    /// Ends the sessions of mass revocations, where everything that took effect before `until` is in the audit log. Returns
    /// up to when the audit is complete then: never later than a mass revocation that has sessions left to end. After an
    /// error, which may be that the database ran out of time, the next transaction ends half as many.
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

/// What one pass works on.
#[derive(Default)]
struct DrainScope {
    buckets: BucketSet,
    claims: BucketClaims,
    marks: MarkedOutboxes,
}

/// Twice as long with every failure, and up to half of that less, by the milliseconds of the clock:
/// nodes that failed together do not come back together.
fn retry_delay(failures: u32, now: UnixMillis) -> Duration {
    let (first, longest) = RETRY_DELAYS;
    let full = first.saturating_mul(1 << failures.min(16)).min(longest);
    let spread = u32::try_from(now.get() % 1000).unwrap_or_default();
    full / 2 + full / 2 * (1000 - spread) / 1000
}

/// Entries that are settled together.
#[derive(Default)]
struct RelayBatch {
    /// Where all of them lie.
    positions: Vec<OutboxPosition>,
    events: Vec<Event>,
    /// What each of the events was read from.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_five_seconds_and_are_shortened_by_less_than_half() {
        let at = |failures, millis| retry_delay(failures, UnixMillis::new(millis));
        assert_eq!(at(0, 0), Duration::from_millis(100));
        assert_eq!(at(3, 0), Duration::from_millis(800));
        assert_eq!(at(u32::MAX, 0), Duration::from_secs(5));
        assert_eq!(at(u32::MAX, 500), Duration::from_millis(3750));
        assert!(at(0, 999) > Duration::from_millis(50));
    }
}
