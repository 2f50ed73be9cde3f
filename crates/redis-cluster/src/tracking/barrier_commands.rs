//! The commands that complete a barrier.

use super::{
    Tracking,
    barrier::BarrierRequests,
    connection::TrackingConnection,
    ownership::{PartOwnership, check_ownership},
    registry::TrackingRegistry,
    tracked_data::TrackedData,
};

/// The commands for callers that wait at the barrier of a connection.
pub(super) struct BarrierCommands<'a, T: TrackedData> {
    pub(super) tracking: &'a Tracking<T>,
    pub(super) registry: &'a TrackingRegistry<T>,
    pub(super) connection: &'a TrackingConnection<T>,
    pub(super) is_cluster: bool,
}

impl<T: TrackedData> BarrierCommands<'_, T> {
    /// Sends a command whenever callers wait: for all their parts on a Cluster, and for one that stands for all on one
    /// server. Each response comes with the proof that the server is still the same master. Returns the reason for which
    /// this ended.
    ///
    /// A paused server is waited for: callers have their own time limit, and the renewal of the lease decides when the
    /// connection is dead.
    pub(super) async fn run(&self) -> String {
        let barrier = &self.connection.barrier;
        let _close_guard = barrier.close_guard();
        loop {
            let BarrierRequests { ticket, mut parts } = barrier.next_requests().await;
            if !self.is_cluster {
                parts.truncate(1);
            }
            match check_ownership(self.registry.data(), self.connection, &parts).await {
                Err(why) => return why,
                Ok(ownership) => self.detach_moved(&parts, &ownership),
            }
            barrier.complete(ticket);
        }
    }

    /// Detaches the parts that are on another server.
    fn detach_moved(&self, parts: &[T::Part], ownership: &[PartOwnership]) {
        for (part, _) in parts.iter().zip(ownership).filter(|(_, claim)| **claim != PartOwnership::Owned) {
            self.registry.detach(*part, &self.connection.lease);
            self.tracking.stale_slot_map.notify_one();
        }
    }
}
