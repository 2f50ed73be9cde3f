//! How far the buckets have been swept: up to when every ending is written down.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::{Bucket, BucketSet, UnixMillis};

/// When each bucket was last swept with nothing more to do. Endings by time, and by a mass revocation, carry the time at
/// which they took effect, and are written when the sweep comes round: before this they are complete.
#[derive(Debug)]
pub struct SweepProgress {
    /// 0: not yet.
    swept: [AtomicU64; 256],
}

impl Default for SweepProgress {
    fn default() -> Self {
        Self { swept: [const { AtomicU64::new(0) }; 256] }
    }
}

impl SweepProgress {
    /// Notes that nothing was left to do in the bucket at `now`.
    pub fn note(&self, bucket: Bucket, now: UnixMillis) {
        self.swept[usize::from(bucket.0)].store(now.get(), Ordering::Release);
    }

    /// Up to when all of these buckets have been swept. `None`: not every one was yet, or there are none.
    #[must_use]
    pub fn complete_until(&self, buckets: BucketSet) -> Option<UnixMillis> {
        let swept = buckets.iter().map(|bucket| self.swept[usize::from(bucket.0)].load(Ordering::Acquire));
        swept.min().filter(|swept| *swept > 0).map(UnixMillis::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_that_was_swept_longest_ago_decides() {
        let progress = SweepProgress::default();
        for bucket in Bucket::all() {
            assert_eq!(progress.complete_until(BucketSet::ALL), None);
            progress.note(bucket, UnixMillis::new(100 + u64::from(bucket.0)));
        }
        assert_eq!(progress.complete_until(BucketSet::ALL), Some(UnixMillis::new(100)));
        progress.note(Bucket(0), UnixMillis::new(500));
        assert_eq!(progress.complete_until(BucketSet::ALL), Some(UnixMillis::new(101)));
        assert_eq!(progress.complete_until([0].map(Bucket).into_iter().collect()), Some(UnixMillis::new(500)));
    }
}
