//! The sweep, which removes sessions that are no longer valid and reports each with its reason to the audit. No verdict
//! waits for it.

use std::{sync::Arc, time::Duration};

use super::{backlog::BacklogGate, change_recorder::ChangeRecorder, clock_monitor::ClockMonitor};
use crate::{
    audit::SweepProgress,
    clock::{Clock, Stopwatch},
    domain::{Bucket, BucketSet, CallError, limits},
    store::{BucketClaim, BucketStatus, SessionStore, SharedWork, StoreError},
};

/// The result of one step of a sweep.
struct SweepStep {
    ended: u64,
    has_more: bool,
}

/// Sweeps buckets.
pub struct BucketSweeper {
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub backlog: Arc<BacklogGate>,
    pub changes: ChangeRecorder,
    /// The progress of sweeps, on which the time depends up to which the audit database is complete.
    pub progress: Arc<SweepProgress>,
    /// The background work that this node shares with others. `None`: this node does all of it.
    pub shared: Option<SharedWork>,
    /// The number of users that one step inspects.
    pub batch: usize,
}

impl BucketSweeper {
    /// Sweeps all buckets, for `time` or a little more. Returns the number of sessions that it ended.
    pub async fn purge(&self, time: Duration) -> Result<u64, CallError> {
        let watch = Stopwatch::start();
        let mut ended = 0;
        for bucket in Bucket::all() {
            while watch.elapsed() < time {
                let step = self.sweep_step(bucket, None).await?;
                ended += step.ended;
                if !step.has_more {
                    break;
                }
            }
        }
        Ok(ended)
    }

    /// Sweeps one bucket, as far as the backlog of events allows. The remaining sessions wait for the next sweep. Does
    /// nothing in a bucket of another node. Returns the number of sessions that it ended.
    pub async fn sweep(&self, bucket: Bucket) -> Result<u64, CallError> {
        let mut ended = 0;
        loop {
            let claim = match &self.shared {
                None => None,
                Some(work) => match work.assignment.claim(bucket) {
                    Some(claim) => Some((work, claim)),
                    None => return Ok(ended),
                },
            };
            let watch = Stopwatch::start();
            let step = self.sweep_step(bucket, claim).await?;
            ended += step.ended;
            if !step.has_more {
                return Ok(ended);
            }
            if step.ended == 0 {
                // A scan past users without expired sessions, as after the revocation of an empty tenant, uses at most half
                // of a server.
                tokio::time::sleep(watch.elapsed()).await;
            }
        }
    }

    /// Inspects some buckets of this node and marks their pending work. With `sweeps`, it also sweeps them. Returns the
    /// buckets that are done; the others must be inspected again.
    pub async fn scan_buckets(
        &self,
        work: &SharedWork,
        buckets: BucketSet,
        sweeps: bool,
    ) -> Result<BucketSet, CallError> {
        let now = self.clock.now();
        let looks = work.store.inspect(buckets, now).await?;
        let found = |has: fn(&BucketStatus) -> bool| -> BucketSet {
            looks.iter().filter(|look| has(look)).map(|look| look.bucket).collect()
        };
        // Marked before the progress of the sweep is recorded: a node that relies on that progress must count these
        // events.
        work.assignment.mark_events(found(|look| look.has_events));
        work.assignment.mark_findings(found(|look| look.has_findings));
        self.clock_monitor.verify_recent(self.clock.instant())?;
        let mut done = BucketSet::EMPTY;
        for look in &looks {
            if !look.is_sweep_due {
                self.progress.record_unfinished(look.bucket, None);
                self.progress.record_swept(look.bucket, now);
            } else if sweeps && let Err(error) = self.sweep(look.bucket).await {
                tracing::debug!(bucket = %look.bucket, ?error, "failed to sweep a bucket; retrying");
                continue;
            }
            done.insert(look.bucket);
        }
        Ok(done)
    }

    /// Runs one step of a sweep. With a claim, the step changes nothing once another node owns the bucket.
    async fn sweep_step(
        &self,
        bucket: Bucket,
        claim: Option<(&SharedWork, BucketClaim)>,
    ) -> Result<SweepStep, CallError> {
        self.clock_monitor.verify_recent(self.clock.instant())?;
        let now = self.clock.now();
        let users = self.users_to_sweep();
        let swept = match claim {
            None => self.store.sweep(bucket, now, users).await?,
            Some((work, claim)) => match work.store.sweep_claimed(claim, now, users).await {
                Err(StoreError::ClaimLost { .. }) => {
                    work.assignment.drop_claim(claim);
                    return Ok(SweepStep { ended: 0, has_more: true });
                }
                swept => swept?,
            },
        };
        if let Some(work) = &self.shared {
            // Marked before the sweep is recorded, so that its events are counted even if their notification is lost.
            work.assignment.mark_events([bucket].into_iter().collect());
        }
        self.backlog.note_swept(swept.events);
        self.progress.record_unfinished(bucket, swept.unfinished);
        if let Some(complete_until) = swept.complete_until {
            self.progress.record_swept(bucket, complete_until);
        }
        if !swept.ended.is_empty() {
            self.changes.record_ended(&swept.ended);
        }
        Ok(SweepStep { ended: swept.ended.len() as u64, has_more: swept.has_more && self.users_to_sweep() > 0 })
    }

    /// Returns the number of users that the next step may inspect. It is low enough that they cannot add more events
    /// than sweeps may, but at least one while sweeps may add any. Zero: the step only continues mass revocations.
    fn users_to_sweep(&self) -> usize {
        // Each node gets an equal part, because the sweeps of the others are only counted with their next report.
        let nodes = self.shared.as_ref().and_then(|work| work.assignment.cluster_view()).map_or(1, |view| view.nodes);
        let allowance = self.backlog.sweep_allowance() / u64::try_from(nodes).unwrap_or(1).max(1);
        let allowance = usize::try_from(allowance).unwrap_or(usize::MAX);
        if allowance == 0 {
            return 0;
        }
        (allowance / usize::from(limits::MAX_SESSIONS_PER_USER)).clamp(1, self.batch.max(1))
    }
}
