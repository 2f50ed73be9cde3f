//! Sessions that are over are taken away, each with its reason told to the audit. No verdict waits for it.

use super::Authority;
use crate::domain::{Bucket, Error};

impl Authority {
    /// Takes away everything that is over, and answers how many sessions that were.
    pub async fn purge(&self) -> Result<u64, Error> {
        let mut ended = 0;
        for bucket in Bucket::all() {
            ended += self.sweep(bucket).await?;
        }
        Ok(ended)
    }

    /// The same for one bucket.
    pub async fn sweep(&self, bucket: Bucket) -> Result<u64, Error> {
        let mut ended = 0;
        loop {
            let swept = self.store().sweep(bucket, self.now(), self.parts.settings.sweep_batch).await?;
            ended += swept.ended.len() as u64;
            if !swept.ended.is_empty() {
                self.note_ended(&swept.ended);
            }
            if !swept.more {
                return Ok(ended);
            }
        }
    }
}
