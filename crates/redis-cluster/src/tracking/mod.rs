//! Tracking of data that the application caches: `CLIENT TRACKING`.
//!
//! Each master has one tracking connection. The server sends an invalidation for every key that is read on it, so only
//! data that is cached is read there. The invalidation of a change arrives before the response to any later command. It
//! is applied where it arrives, within the connection, so a caller that has a response also has every invalidation
//! before it. If invalidations went through a channel, some responses would overtake them.
//!
//! The lease of a connection is renewed by asking the master whether it is still the same server and still has its
//! parts of the data. A response alone proves nothing: a master that was replaced continues to respond.
//!
//! This has a limit: a master may have been replaced without having noticed yet, and its successor may lack its last
//! writes.

mod barrier;
mod barrier_commands;
mod connect;
mod connection;
mod ordering_probe;
mod ownership;
mod push;
mod push_handler;
mod reader;
mod registry;
mod statuses;
mod supervision;
mod supervisor;
mod tracked_data;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

pub use self::{
    reader::TrackedReader,
    statuses::ServerTrackingStatus,
    tracked_data::{TrackedData, TrackingChange, TrackingLease},
};
use self::{registry::TrackingRegistry, statuses::TrackingStatuses};
use crate::{inspection::ServerInspection, router::Router};

/// The tracking of the data of an application.
pub struct Tracking<T: TrackedData> {
    /// The registry of the latest [`run`](Self::run).
    registry: Mutex<Option<Arc<TrackingRegistry<T>>>>,
    statuses: TrackingStatuses,
    /// Signals that the slot map may be stale.
    stale_slot_map: Notify,
}

impl<T: TrackedData> Tracking<T> {
    #[must_use]
    pub fn new() -> Self {
        Self { registry: Mutex::new(None), statuses: TrackingStatuses::default(), stale_slot_map: Notify::new() }
    }

    /// Tracks `data` for as long as this is polled. A part that can no longer be tracked is detached, and attached
    /// again when it can. The data of an earlier call is no longer tracked.
    pub async fn run<I: ServerInspection>(&self, router: &Router<I>, data: T) {
        let registry = Arc::new(TrackingRegistry::new(data));
        *self.lock() = Some(Arc::clone(&registry));
        supervision::run(router, self, &registry).await;
    }

    /// Returns a reader on the tracking connection of a part; `None` unless the part is attached to `lease`.
    pub fn reader<'a, I: ServerInspection>(
        &'a self,
        router: &'a Router<I>,
        during: &'static str,
        lease: &T::Lease,
        part: T::Part,
    ) -> Option<TrackedReader<'a, I, T>> {
        let registry = self.lock().clone()?;
        let connection = registry.connection(part, lease)?;
        Some(TrackedReader { tracking: self, router, during, registry, connection })
    }

    /// Returns the tracking status of each master.
    pub fn statuses(&self) -> Vec<ServerTrackingStatus> {
        self.statuses.all()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<TrackingRegistry<T>>>> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: TrackedData> Default for Tracking<T> {
    fn default() -> Self {
        Self::new()
    }
}
