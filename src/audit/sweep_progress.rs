//! Progress of the sweeps: the time up to which every ending is recorded.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::completeness::MAX_IN_FLIGHT;
use crate::{
    domain::{Bucket, BucketSet, UnixMillis},
    store::UnfinishedRevocation,
};

/// The time up to which each bucket was last swept completely. Endings by time, and by a mass revocation, have the time
/// at which they took effect, but are written when the sweep reaches them. They are complete before the time recorded
/// here.
#[derive(Debug)]
pub struct SweepProgress {
    /// 0: not swept yet.
    swept: [AtomicU64; 256],
    /// Mass revocations that did not reach every bucket in time, by their home bucket. A bucket that was swept before
    /// the revocation reached it shows nothing about its endings.
    unfinished: Mutex<BTreeMap<Bucket, UnfinishedRevocation>>,
}

impl Default for SweepProgress {
    fn default() -> Self {
        Self { swept: [const { AtomicU64::new(0) }; 256], unfinished: Mutex::default() }
    }
}

impl SweepProgress {
    /// Records that every ending of the bucket up to `until` is written.
    pub fn record_swept(&self, bucket: Bucket, until: UnixMillis) {
        self.swept[usize::from(bucket.0)].fetch_max(until.get(), Ordering::AcqRel);
    }

    /// Records the state of mass revocations whose home is the bucket. One that was unfinished for long counts until
    /// these buckets have been swept after it was finished. One that the store no longer lists is done.
    pub fn record_unfinished(&self, bucket: Bucket, revocation: Option<UnfinishedRevocation>) {
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        match revocation {
            Some(revocation) => drop(unfinished.insert(bucket, revocation)),
            None => drop(unfinished.remove(&bucket)),
        }
    }

    /// Returns the time up to which all of these buckets have been swept, and every mass revocation with its home in
    /// one of them has reached every bucket. Returns `None` if one of them was not swept yet, or if there are none.
    ///
    /// `others_swept_until` is the time up to which other nodes have swept all other buckets, where endings of these
    /// mass revocations are written as well. `None` means that it is not known, so none of them counts as done.
    #[must_use]
    pub fn complete_until(&self, buckets: BucketSet, others_swept_until: Option<UnixMillis>) -> Option<UnixMillis> {
        let swept = self.swept_until(buckets)?;
        let swept_everywhere = swept.min(others_swept_until.unwrap_or_default());
        let unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        let open = unfinished
            .iter()
            .filter(|(home, revocation)| buckets.contains(**home) && is_unfinished(revocation, swept_everywhere));
        Some(open.map(|(_, revocation)| revocation.at).fold(swept, UnixMillis::min))
    }

    /// Returns the time up to which all of these buckets have been swept, regardless of unfinished mass revocations.
    /// Returns `None` if one of them was not swept yet, or if there are none.
    #[must_use]
    pub fn swept_until(&self, buckets: BucketSet) -> Option<UnixMillis> {
        let swept = buckets.iter().map(|bucket| self.swept[usize::from(bucket.0)].load(Ordering::Acquire));
        swept.min().filter(|swept| *swept > 0).map(UnixMillis::new)
    }
}

/// Returns whether endings of the revocation may still be missing.
fn is_unfinished(revocation: &UnfinishedRevocation, swept: UnixMillis) -> bool {
    revocation.finished_at.is_none_or(|finished_at| swept <= finished_at.plus(MAX_IN_FLIGHT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_OTHERS: Option<UnixMillis> = Some(UnixMillis::new(u64::MAX));

    fn sweep_all(progress: &SweepProgress, until: u64) {
        for bucket in Bucket::all() {
            progress.record_swept(bucket, UnixMillis::new(until));
        }
    }

    #[test]
    fn the_bucket_that_was_swept_longest_ago_decides() {
        let progress = SweepProgress::default();
        for bucket in Bucket::all() {
            assert_eq!(progress.complete_until(BucketSet::ALL, NO_OTHERS), None);
            progress.record_swept(bucket, UnixMillis::new(100 + u64::from(bucket.0)));
        }
        assert_eq!(progress.complete_until(BucketSet::ALL, NO_OTHERS), Some(UnixMillis::new(100)));
        progress.record_swept(Bucket(0), UnixMillis::new(500));
        assert_eq!(progress.complete_until(BucketSet::ALL, NO_OTHERS), Some(UnixMillis::new(101)));
        assert_eq!(
            progress.complete_until([0].map(Bucket).into_iter().collect(), NO_OTHERS),
            Some(UnixMillis::new(500))
        );
        progress.record_swept(Bucket(1), UnixMillis::new(50));
        assert_eq!(
            progress.complete_until(BucketSet::ALL, NO_OTHERS),
            Some(UnixMillis::new(101)),
            "it does not go back"
        );
    }

    #[test]
    fn an_unfinished_mass_revocation_counts_until_all_buckets_are_swept_after_its_end() {
        let progress = SweepProgress::default();
        let complete_until = || progress.complete_until(BucketSet::ALL, NO_OTHERS);
        let revocation = UnfinishedRevocation { at: UnixMillis::new(200), finished_at: None };
        progress.record_unfinished(Bucket(3), Some(revocation));
        sweep_all(&progress, 100);
        assert_eq!(complete_until(), Some(UnixMillis::new(100)));
        sweep_all(&progress, 30_000);
        assert_eq!(complete_until(), Some(revocation.at));
        let elsewhere = [4].map(Bucket).into_iter().collect();
        assert_eq!(progress.complete_until(elsewhere, NO_OTHERS), Some(UnixMillis::new(30_000)));
        let finished = UnfinishedRevocation { finished_at: Some(UnixMillis::new(31_000)), ..revocation };
        progress.record_unfinished(Bucket(3), Some(finished));
        assert_eq!(complete_until(), Some(revocation.at));
        sweep_all(&progress, 36_001);
        assert_eq!(complete_until(), Some(UnixMillis::new(36_001)));
    }

    #[test]
    fn a_mass_revocation_that_is_not_listed_any_more_is_finished() {
        let progress = SweepProgress::default();
        let revocation = UnfinishedRevocation { at: UnixMillis::new(200), finished_at: None };
        progress.record_unfinished(Bucket(3), Some(revocation));
        progress.record_unfinished(Bucket(3), None);
        sweep_all(&progress, 30_000);
        assert_eq!(progress.complete_until(BucketSet::ALL, NO_OTHERS), Some(UnixMillis::new(30_000)));
    }

    #[test]
    fn a_mass_revocation_is_open_until_other_nodes_have_swept_after_its_end() {
        let progress = SweepProgress::default();
        let own: BucketSet = (0..128).map(Bucket).collect();
        let revocation = UnfinishedRevocation { at: UnixMillis::new(200), finished_at: Some(UnixMillis::new(31_000)) };
        progress.record_unfinished(Bucket(3), Some(revocation));
        sweep_all(&progress, 40_000);
        for behind in [None, Some(UnixMillis::new(100)), Some(UnixMillis::new(36_000))] {
            assert_eq!(progress.complete_until(own, behind), Some(revocation.at), "{behind:?}");
        }
        assert_eq!(progress.complete_until(own, Some(UnixMillis::new(36_001))), Some(UnixMillis::new(40_000)));
        assert_eq!(progress.complete_until(own, NO_OTHERS), Some(UnixMillis::new(40_000)));
    }

    /// The time that a node reports to others does not depend on the mass revocations with their home there: two nodes
    /// with one each would wait for each other.
    #[test]
    fn how_far_buckets_are_swept_does_not_depend_on_mass_revocations() {
        let progress = SweepProgress::default();
        assert_eq!(progress.swept_until(BucketSet::ALL), None);
        let revocation = UnfinishedRevocation { at: UnixMillis::new(200), finished_at: None };
        progress.record_unfinished(Bucket(3), Some(revocation));
        sweep_all(&progress, 30_000);
        assert_eq!(progress.complete_until(BucketSet::ALL, NO_OTHERS), Some(revocation.at));
        assert_eq!(progress.swept_until(BucketSet::ALL), Some(UnixMillis::new(30_000)));
    }
}
