//! Sessions that are over are taken away, each with its reason told to the audit. No verdict waits for it.

use std::time::Duration;

use super::Authority;
use crate::{
    clock::Stopwatch,
    domain::{Bucket, BucketSet, Error},
    store::{BucketClaim, BucketLook, SharedWork, StoreError, Swept},
};

impl Authority {
    /// Takes away what is over, as much as can be done in `time` or a little more, and answers how many
    /// sessions that were.
    pub async fn purge(&self, time: Duration) -> Result<u64, Error> {
        let watch = Stopwatch::start();
        let mut ended = 0;
        for bucket in Bucket::all() {
            while watch.elapsed() < time {
                let (some, more) = self.sweep_step(bucket, None).await?;
                ended += some;
                if !more {
                    break;
                }
            }
        }
        Ok(ended)
    }

    /// Takes away all that is over in one bucket. Does nothing in a bucket of another node.
    pub async fn sweep(&self, bucket: Bucket) -> Result<u64, Error> {
        let mut ended = 0;
        loop {
            let claim = match &self.parts.shared {
                None => None,
                Some(work) => match work.assignment.claim(bucket) {
                    Some(claim) => Some((work, claim)),
                    None => return Ok(ended),
                },
            };
            let (some, more) = self.sweep_step(bucket, claim).await?;
            ended += some;
            if !more {
                return Ok(ended);
            }
        }
    }

    /// Looks at some buckets of this node, marks what waits there and, with `sweeps`, takes away what is over. Returns the
    /// buckets that were done; the others are to be looked at again.
    pub async fn patrol(&self, work: &SharedWork, buckets: BucketSet, sweeps: bool) -> Result<BucketSet, Error> {
        let now = self.now();
        let looks = work.store.look(buckets, now).await?;
        let found = |has: fn(&BucketLook) -> bool| -> BucketSet {
            looks.iter().filter(|look| has(look)).map(|look| look.bucket).collect()
        };
        // Before it is noted that nothing is left to sweep: what waits is counted by whoever relies on that.
        work.assignment.mark_events(found(|look| look.has_events));
        work.assignment.mark_findings(found(|look| look.has_findings));
        self.parts.clock_monitor.verify_recent(self.parts.clock.moment())?;
        let mut done = BucketSet::EMPTY;
        for look in &looks {
            if !look.is_sweep_due {
                self.parts.sweeps.note(look.bucket, now);
            } else if sweeps && let Err(error) = self.sweep(look.bucket).await {
                tracing::debug!(bucket = %look.bucket, ?error, "failed to sweep a bucket; it is looked at again");
                continue;
            }
            done.insert(look.bucket);
        }
        Ok(done)
    }

    /// How many sessions one step ended, and whether there are more. With a claim, the step changes nothing once another
    /// node owns the bucket.
    async fn sweep_step(
        &self,
        bucket: Bucket,
        claim: Option<(&SharedWork, BucketClaim)>,
    ) -> Result<(u64, bool), Error> {
        self.parts.clock_monitor.verify_recent(self.parts.clock.moment())?;
        let now = self.now();
        let limit = self.parts.settings.sweep_batch;
        let swept = match claim {
            None => self.store().sweep(bucket, now, limit).await?,
            Some((work, claim)) => match work.store.sweep_claimed(claim, now, limit).await {
                Err(StoreError::ClaimLost { .. }) => {
                    work.assignment.lose(claim);
                    Swept { ended: Vec::new(), more: true }
                }
                swept => swept?,
            },
        };
        if let Some(work) = &self.parts.shared {
            // Before the sweep is noted, so that what it wrote is counted, also if no news of it arrive.
            work.assignment.mark_events([bucket].into_iter().collect());
        }
        if !swept.more {
            self.parts.sweeps.note(bucket, now);
        }
        if !swept.ended.is_empty() {
            self.note_ended(&swept.ended);
        }
        Ok((swept.ended.len() as u64, swept.more))
    }
}
