//! The scan of this node's buckets, which sweeps them and finds work whose notification was lost.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    authority::BucketSweeper,
    domain::{Bucket, BucketSet},
    store::SharedWork,
    telemetry::Metrics,
};

/// The number of buckets that are inspected together, and of those that were just claimed.
const BUCKETS_PER_SCAN: usize = 16;
const FRESH_BUCKETS_PER_SCAN: usize = 64;

/// The pause after a failed scan, and while there is no bucket to scan.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The maximum time for which a lost notification goes unnoticed.
const MAX_ROUND: Duration = Duration::from_secs(30);

/// Scans every bucket of this node once per round, and new ones at once. Sweeps them in every round that starts a sweep
/// interval.
pub(super) struct BucketScanner {
    pub(super) work: SharedWork,
    pub(super) sweeper: Arc<BucketSweeper>,
    pub(super) metrics: Arc<Metrics>,
    /// The pause between two sweeps of a bucket.
    pub(super) sweep_interval: Duration,
}

impl BucketScanner {
    pub(super) async fn run(self, stop: CancellationToken) {
        stop.run_until_cancelled(self.scan_continuously()).await;
    }

    async fn scan_continuously(&self) {
        let assignment = &self.work.assignment;
        let round = self.sweep_interval.min(MAX_ROUND);
        let rounds_a_sweep = self.sweep_interval.as_secs().div_ceil(MAX_ROUND.as_secs()).max(1);
        let (mut last, mut rounds) = (None, 0);
        loop {
            let fresh = assignment.take_uninspected(FRESH_BUCKETS_PER_SCAN);
            if !fresh.is_empty() {
                let left = fresh.difference(self.scan(fresh, true).await);
                if !left.is_empty() {
                    assignment.put_back_uninspected(left);
                    sleep(RETRY_PAUSE).await;
                }
                continue;
            }
            let owned = assignment.owned();
            let next = next_after(last, owned);
            let pause = match u32::try_from(owned.len()) {
                Ok(number @ 1..) => round * u32::try_from(next.len()).unwrap_or_default() / number,
                _ => RETRY_PAUSE,
            };
            tokio::select! {
                () = assignment.bucket_claimed() => {}
                () = sleep(pause) => {
                    let first = next.iter().next();
                    if first <= last {
                        rounds = (rounds + 1) % rounds_a_sweep;
                    }
                    self.scan(next, rounds == 0).await;
                    last = next.iter().last().or(last);
                }
            }
        }
    }

    /// Scans buckets, and returns those that are done.
    async fn scan(&self, buckets: BucketSet, sweeps: bool) -> BucketSet {
        match self.sweeper.scan_buckets(&self.work, buckets, sweeps).await {
            Ok(done) => {
                done.iter().filter(|_| sweeps).for_each(|_| self.metrics.bucket_swept());
                done
            }
            Err(error) => {
                tracing::debug!(?error, "failed to scan buckets for background work; retrying");
                BucketSet::EMPTY
            }
        }
    }
}

/// Returns the next buckets after `last`. Starts again at the beginning after the end.
fn next_after(last: Option<Bucket>, owned: BucketSet) -> BucketSet {
    let later = |bucket: &Bucket| last.is_none_or(|last| *bucket > last);
    let next: BucketSet = owned.iter().filter(later).take(BUCKETS_PER_SCAN).collect();
    if next.is_empty() { owned.iter().take(BUCKETS_PER_SCAN).collect() } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_is_looked_at_once_a_round() {
        let owned: BucketSet = (0..=255).filter(|bucket| bucket % 3 == 0).map(Bucket).collect();
        let (mut last, mut seen) = (None, Vec::new());
        while seen.len() < owned.len() {
            let next = next_after(last, owned);
            seen.extend(next.iter());
            last = next.iter().last();
        }
        assert_eq!(seen, owned.iter().collect::<Vec<_>>());
        assert_eq!(next_after(last, owned).iter().next(), Some(Bucket(0)), "the round begins again");
        assert!(next_after(last, BucketSet::EMPTY).is_empty());
    }
}
