//! The buckets in which logins raised alerts.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::domain::Bucket;

/// Marks of the buckets with findings, for the forwarder. A mark is only a hint: it may be lost with its node, so the
/// store must be read from time to time as well.
#[derive(Debug, Default)]
pub struct DirtyBuckets {
    /// The marks, one bit for each bucket.
    marked: [AtomicU64; 4],
    wakeup: Notify,
}

impl DirtyBuckets {
    /// Marks a bucket in which findings were appended.
    pub fn mark(&self, bucket: Bucket) {
        let (word, bit) = word_and_bit(bucket);
        self.marked[word].fetch_or(bit, Ordering::AcqRel);
        self.wakeup.notify_one();
    }

    /// Waits until a bucket is marked. Returns the marked buckets in order, and clears their marks. Supports one waiter
    /// at a time. If it is dropped while it waits, no mark is cleared.
    pub async fn take(&self) -> Vec<Bucket> {
        loop {
            let marked: [u64; 4] = std::array::from_fn(|word| self.marked[word].swap(0, Ordering::AcqRel));
            if marked != [0; 4] {
                let is_marked = |bucket: &Bucket| {
                    let (word, bit) = word_and_bit(*bucket);
                    marked[word] & bit != 0
                };
                return Bucket::all().filter(is_marked).collect();
            }
            self.wakeup.notified().await;
        }
    }
}

fn word_and_bit(bucket: Bucket) -> (usize, u64) {
    (usize::from(bucket.0 / 64), 1 << (bucket.0 % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bucket_is_taken_once_however_often_it_was_marked() {
        let dirty = DirtyBuckets::default();
        for bucket in [255, 0, 64, 0] {
            dirty.mark(Bucket(bucket));
        }
        assert_eq!(dirty.take().await, [Bucket(0), Bucket(64), Bucket(255)]);
        dirty.mark(Bucket(7));
        assert_eq!(dirty.take().await, [Bucket(7)]);
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let dirty = DirtyBuckets::default();
        let (taken, ()) = tokio::join!(dirty.take(), async { dirty.mark(Bucket(9)) });
        assert_eq!(taken, [Bucket(9)]);
    }
}
