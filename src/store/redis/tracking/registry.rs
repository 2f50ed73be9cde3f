//! Which connection tells of which bucket.

use super::connection::TrackingConnection;
use crate::{
    domain::Bucket,
    store::{InvalidationListener, Lease},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// For each bucket the link that tells of it, never more than one. Whoever keeps what was read hears of every change
/// here while it happens, so that no link is asked that does not tell.
pub(super) struct TrackingRegistry {
    listener: Arc<dyn InvalidationListener>,
    connections: Mutex<Box<[Option<Arc<TrackingConnection>>]>>,
}

impl TrackingRegistry {
    pub(super) fn new(listener: Arc<dyn InvalidationListener>) -> Self {
        Self { listener, connections: Mutex::new(Bucket::all().map(|_| None).collect()) }
    }

    pub(super) fn listener(&self) -> &dyn InvalidationListener {
        self.listener.as_ref()
    }

    /// From here on `link` tells of the bucket, unless it is over.
    pub(super) fn attach(&self, bucket: Bucket, connection: &Arc<TrackingConnection>) {
        let mut connections = self.connections();
        let place = &mut connections[usize::from(bucket.0)];
        // Whoever ends it does so before it looks for what is attached.
        if connection.lease.has_ended() {
            return;
        }
        if let Some(other) = place.replace(Arc::clone(connection)) {
            self.listener.detach(bucket, &other.lease);
        }
        self.listener.attach(bucket, &connection.lease);
    }

    /// The link of this lease tells of the bucket no longer.
    pub(super) fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let mut connections = self.connections();
        let place = &mut connections[usize::from(bucket.0)];
        if place.take_if(|link| Arc::ptr_eq(&link.lease, lease)).is_some() {
            self.listener.detach(bucket, lease);
        }
    }

    /// Nothing is told under this lease any more.
    pub(super) fn end_lease(&self, lease: &Arc<Lease>) {
        lease.end();
        for bucket in Bucket::all() {
            self.detach(bucket, lease);
        }
    }

    /// The buckets that are told of under this lease.
    pub(super) fn attached_buckets(&self, lease: &Lease) -> Vec<Bucket> {
        let connections = self.connections();
        let is_attached =
            |bucket: &Bucket| connections[usize::from(bucket.0)].as_ref().is_some_and(|link| link.has_lease(lease));
        Bucket::all().filter(is_attached).collect()
    }

    /// The link that tells of the bucket, if that is under this lease.
    pub(super) fn connection(&self, bucket: Bucket, lease: &Lease) -> Option<Arc<TrackingConnection>> {
        self.connections()[usize::from(bucket.0)].as_ref().filter(|link| link.has_lease(lease)).cloned()
    }

    fn connections(&self) -> MutexGuard<'_, Box<[Option<Arc<TrackingConnection>>]>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
