//! The tracking connection of each bucket.

use super::connection::TrackingConnection;
use crate::{
    domain::Bucket,
    near_cache::source::{InvalidationListener, Lease},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The tracking connection of each bucket, never more than one. The listener is notified of every change here while it
/// happens, so that no connection is used for a bucket that it does not track.
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

    /// Attaches the bucket to `connection`, unless its lease has ended.
    pub(super) fn attach(&self, bucket: Bucket, connection: &Arc<TrackingConnection>) {
        let mut connections = self.connections();
        let place = &mut connections[usize::from(bucket.0)];
        // A lease is ended before its buckets are looked for and detached.
        if connection.lease.has_ended() {
            return;
        }
        if let Some(other) = place.replace(Arc::clone(connection)) {
            self.listener.detach(bucket, &other.lease);
        }
        self.listener.attach(bucket, &connection.lease);
    }

    /// Detaches the bucket from the connection of this lease.
    pub(super) fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let mut connections = self.connections();
        let place = &mut connections[usize::from(bucket.0)];
        if place.take_if(|connection| Arc::ptr_eq(&connection.lease, lease)).is_some() {
            self.listener.detach(bucket, lease);
        }
    }

    /// Ends the lease and detaches all its buckets.
    pub(super) fn end_lease(&self, lease: &Arc<Lease>) {
        lease.end();
        for bucket in Bucket::all() {
            self.detach(bucket, lease);
        }
    }

    /// Returns the buckets that are attached under this lease.
    pub(super) fn attached_buckets(&self, lease: &Lease) -> Vec<Bucket> {
        let connections = self.connections();
        let is_attached = |bucket: &Bucket| {
            connections[usize::from(bucket.0)].as_ref().is_some_and(|connection| connection.has_lease(lease))
        };
        Bucket::all().filter(is_attached).collect()
    }

    /// Returns the tracking connection of the bucket, if it is under this lease.
    pub(super) fn connection(&self, bucket: Bucket, lease: &Lease) -> Option<Arc<TrackingConnection>> {
        self.connections()[usize::from(bucket.0)].as_ref().filter(|connection| connection.has_lease(lease)).cloned()
    }

    fn connections(&self) -> MutexGuard<'_, Box<[Option<Arc<TrackingConnection>>]>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
