//! Sessions that are over are taken away, each with its reason told to the audit. No verdict waits for it.

use std::time::Duration;

use super::Authority;
use crate::{
    clock::Stopwatch,
    domain::{Bucket, Error},
};

impl Authority {
    /// Takes away what is over, as much as can be done in `time` or a little more, and answers how many
    /// sessions that were.
    pub async fn purge(&self, time: Duration) -> Result<u64, Error> {
        let watch = Stopwatch::start();
        let mut ended = 0;
        for bucket in Bucket::all() {
            while watch.elapsed() < time {
                let (some, more) = self.sweep_step(bucket).await?;
                ended += some;
                if !more {
                    break;
                }
            }
        }
        Ok(ended)
    }

    /// Takes away all that is over in one bucket.
    pub async fn sweep(&self, bucket: Bucket) -> Result<u64, Error> {
        let mut ended = 0;
        loop {
            let (some, more) = self.sweep_step(bucket).await?;
            ended += some;
            if !more {
                return Ok(ended);
            }
        }
    }

    /// How many sessions one step ended, and whether there are more.
    async fn sweep_step(&self, bucket: Bucket) -> Result<(u64, bool), Error> {
        self.parts.clock_monitor.verify_recent(self.parts.clock.moment())?;
        let now = self.now();
        let swept = self.store().sweep(bucket, now, self.parts.settings.sweep_batch).await?;
        if !swept.more {
            self.parts.sweeps.note(bucket, now);
        }
        if !swept.ended.is_empty() {
            self.note_ended(&swept.ended);
        }
        Ok((swept.ended.len() as u64, swept.more))
    }
}
