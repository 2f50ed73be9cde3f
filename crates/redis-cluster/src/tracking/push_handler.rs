//! The handling of pushes.

use std::sync::Arc;

use redis::{PushInfo, PushKind};

use super::{
    ordering_probe::OrderingProbe, push::InvalidationPush, registry::TrackingRegistry, tracked_data::TrackedData,
};

/// Handles pushes where they arrive: within the connection, before later data is read.
pub(super) struct PushHandler<T: TrackedData> {
    pub(super) registry: Arc<TrackingRegistry<T>>,
    pub(super) lease: Arc<T::Lease>,
    pub(super) ordering_probe: Arc<OrderingProbe>,
}

impl<T: TrackedData> PushHandler<T> {
    /// Handles a push. It returns only when it is done, so that no later response is delivered before.
    pub(super) fn handle(&self, push: &PushInfo) {
        match push.kind {
            PushKind::Invalidate => match InvalidationPush::parse(&push.data) {
                InvalidationPush::Keys(keys) => {
                    for key in keys {
                        if !self.registry.data().invalidate_key(key) {
                            self.ordering_probe.record_invalidation(key);
                        }
                    }
                }
                InvalidationPush::Everything => {
                    for part in self.registry.attached_parts(&self.lease) {
                        self.registry.data().invalidate_part(part);
                    }
                }
            },
            PushKind::Disconnection => self.registry.end_lease(&self.lease),
            _ => {}
        }
    }
}
