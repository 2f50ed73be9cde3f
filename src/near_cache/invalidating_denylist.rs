//! A denylist that invalidates what it changes before it acknowledges the change.

use async_trait::async_trait;

use super::memory::CacheMemory;
use crate::{
    domain::{Bucket, BucketSet, JwtIdDigest, UnixMillis},
    store::{DenialCounts, Denylist, JwtDenial, StoreError},
    sync::Arc,
};

/// A wrapper that forwards every request, and invalidates the denylists that it may have changed. It does so whatever
/// the outcome, even if the caller no longer waits for it.
pub(super) struct InvalidatingDenylist {
    denylist: Arc<dyn Denylist>,
    memory: Arc<CacheMemory>,
}

impl InvalidatingDenylist {
    pub(super) fn new(denylist: Arc<dyn Denylist>, memory: Arc<CacheMemory>) -> Self {
        Self { denylist, memory }
    }
}

#[async_trait]
impl Denylist for InvalidatingDenylist {
    async fn deny(&self, denial: JwtDenial) -> Result<DenialCounts, StoreError> {
        let buckets: BucketSet = denial.jwts.iter().map(|jwt| jwt.digest.bucket()).collect();
        let _invalidation = InvalidationGuard { memory: &self.memory, buckets };
        self.denylist.deny(denial).await
    }

    async fn find_denials(&self, ids: &[JwtIdDigest]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        self.denylist.find_denials(ids).await
    }
}

/// Invalidates the denylists of buckets when it is dropped.
struct InvalidationGuard<'a> {
    memory: &'a CacheMemory,
    buckets: BucketSet,
}

impl Drop for InvalidationGuard<'_> {
    fn drop(&mut self) {
        self.buckets.iter().for_each(|bucket: Bucket| self.memory.invalidate_denylist(bucket));
    }
}
