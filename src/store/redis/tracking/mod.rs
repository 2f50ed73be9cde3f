//! Invalidations from Redis, which the client in `crates/redis-cluster` receives by `CLIENT TRACKING`.
//!
//! Every bucket is tracked on the connection to its master. Only its records and generations are read there; the cache
//! depends on no other keys.

mod denylist;
mod lease;
mod read;
mod revocations;
mod tracked_buckets;

use async_trait::async_trait;
use redis_cluster::{ServerTrackingStatus, Tracking};

use self::tracked_buckets::TrackedBuckets;
use super::RedisSessionStore;
use crate::{
    clock::{Clock, SystemClock},
    domain::{Bucket, SessionId},
    near_cache::source::{
        BucketDenylist, InvalidationListener, InvalidationSource, Lease, RevocationsSince, TrackedRead, TrackingStatus,
    },
    store::{StoreError, record::Generation},
    sync::Arc,
};

/// The state of invalidation tracking.
pub(super) struct TrackingState {
    clock: std::sync::Arc<dyn Clock>,
    buckets: Tracking<TrackedBuckets>,
}

impl TrackingState {
    pub(super) fn new(clock: std::sync::Arc<dyn Clock>) -> Self {
        Self { clock, buckets: Tracking::new() }
    }
}

impl Default for TrackingState {
    fn default() -> Self {
        Self::new(std::sync::Arc::new(SystemClock))
    }
}

#[async_trait]
impl InvalidationSource for RedisSessionStore {
    async fn run(&self, listener: Arc<dyn InvalidationListener>) {
        let data = TrackedBuckets::new(listener, std::sync::Arc::clone(&self.tracking.clock));
        self.tracking.buckets.run(&self.router, data).await;
    }

    async fn read_session(&self, lease: &Lease, id: SessionId) -> Result<TrackedRead, StoreError> {
        read::read(self, lease, id).await
    }

    async fn read_revocations(
        &self,
        lease: &Lease,
        since: &[(Bucket, Generation)],
    ) -> Result<Vec<RevocationsSince>, StoreError> {
        revocations::read(self, lease, since).await
    }

    async fn read_denylist(&self, lease: &Lease, bucket: Bucket) -> Result<BucketDenylist, StoreError> {
        denylist::read(self, lease, bucket).await
    }

    async fn catch_up(&self, lease: &Lease, bucket: Bucket) -> Result<(), StoreError> {
        read::catch_up(self, lease, bucket).await
    }

    fn status(&self) -> Vec<TrackingStatus> {
        let status = |ServerTrackingStatus { server, error }| TrackingStatus { server, tracking_error: error };
        self.tracking.buckets.statuses().into_iter().map(status).collect()
    }
}
