//! Invalidations from Redis: `CLIENT TRACKING`.
//!
//! Each master has one tracking connection. The server sends an invalidation for every key that is read on it, so only
//! data that is cached is read there. The invalidation of a change arrives before the response to any later command. It
//! is applied where it arrives, within the connection, so a caller that has a response also has every invalidation
//! before it. If invalidations went through a channel, some responses would overtake them.
//!
//! The lease of a connection is renewed by asking the master whether it is still the same server and still has its
//! buckets. A response alone proves nothing: a master that was replaced continues to respond.
//!
//! This has a limit: a master may have been replaced without having noticed yet, and its successor may lack its last
//! writes.

mod barrier;
mod connection;
mod denylist;
mod ordering_probe;
mod ownership;
mod push;
mod read;
mod registry;
mod revocations;
mod statuses;
mod supervision;
mod supervisor;

use async_trait::async_trait;
use tokio::sync::Notify;

use self::{registry::TrackingRegistry, statuses::TrackingStatuses};
use super::RedisSessionStore;
use crate::{
    clock::{Clock, SystemClock},
    domain::{Bucket, SessionId},
    near_cache::source::{
        BucketDenylist, InvalidationListener, InvalidationSource, Lease, RevocationsSince, TrackedRead, TrackingStatus,
    },
    store::{StoreError, record::Generation},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The state of invalidation tracking.
pub(super) struct TrackingState {
    clock: std::sync::Arc<dyn Clock>,
    /// The registry of the latest [`run`](InvalidationSource::run).
    registry: Mutex<Option<Arc<TrackingRegistry>>>,
    statuses: TrackingStatuses,
    /// Signals that the slot map may be stale.
    stale_slot_map: Notify,
}

impl TrackingState {
    pub(super) fn new(clock: std::sync::Arc<dyn Clock>) -> Self {
        Self { clock, registry: Mutex::new(None), statuses: TrackingStatuses::default(), stale_slot_map: Notify::new() }
    }

    fn registry(&self) -> Option<Arc<TrackingRegistry>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<TrackingRegistry>>> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
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
        let registry = Arc::new(TrackingRegistry::new(listener));
        *self.tracking.lock() = Some(Arc::clone(&registry));
        supervision::run(self, &registry).await;
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
        self.tracking.statuses.all()
    }
}
