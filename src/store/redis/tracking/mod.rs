//! Changes as Redis tells them: `CLIENT TRACKING`.
//!
//! To each master goes one connection of its own that tells of every key read on it, and nothing is read there but what
//! is kept. Redis tells of a change on the connection before it answers anything that comes after it, and here it is
//! applied where it arrives, within the connection: so whoever has an answer knows of all changes before it. Through a
//! channel some answers would overtake.
//!
//! The lease of a connection is renewed by asking the master whether it still is who it was and has its buckets. An
//! answer alone proves nothing: a master that was replaced goes on answering.
//!
//! What this cannot know: that a master was replaced without having noticed yet, and that the one in its place lacks its
//! last writes.

mod barrier;
mod connection;
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
    store::{
        InvalidationListener, InvalidationSource, Lease, RevocationsSince, SettingProblem, StoreError, TrackedRead,
        TrackingStatus, record::Generation,
    },
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What the store knows of being told.
pub(super) struct TrackingState {
    clock: std::sync::Arc<dyn Clock>,
    /// Of whoever follows.
    registry: Mutex<Option<Arc<TrackingRegistry>>>,
    statuses: TrackingStatuses,
    /// Something did not fit the map of slots.
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

    async fn catch_up(&self, lease: &Lease, bucket: Bucket) -> Result<(), StoreError> {
        read::catch_up(self, lease, bucket).await
    }

    fn status(&self) -> Vec<TrackingStatus> {
        self.tracking.statuses.all()
    }

    fn setting_problems(&self) -> Vec<SettingProblem> {
        self.router.setting_problems()
    }
}
