//! Which connection tells of which bucket.

use super::link::Link;
use crate::{
    domain::Bucket,
    store::{ChangeListener, Lease},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// For each bucket the link that tells of it, never more than one. Whoever keeps what was read hears of every change
/// here while it happens, so that no link is asked that does not tell.
pub(super) struct Hub {
    listener: Arc<dyn ChangeListener>,
    links: Mutex<Box<[Option<Arc<Link>>]>>,
}

impl Hub {
    pub(super) fn new(listener: Arc<dyn ChangeListener>) -> Self {
        Self { listener, links: Mutex::new(Bucket::all().map(|_| None).collect()) }
    }

    pub(super) fn listener(&self) -> &dyn ChangeListener {
        self.listener.as_ref()
    }

    /// From here on `link` tells of the bucket, unless it is over.
    pub(super) fn attach(&self, bucket: Bucket, link: &Arc<Link>) {
        let mut links = self.links();
        let place = &mut links[usize::from(bucket.0)];
        // Whoever ends it does so before it looks for what is attached.
        if link.lease.is_over() {
            return;
        }
        if let Some(other) = place.replace(Arc::clone(link)) {
            self.listener.detached(bucket, &other.lease);
        }
        self.listener.attached(bucket, &link.lease);
    }

    /// The link of this lease tells of the bucket no longer.
    pub(super) fn detach(&self, bucket: Bucket, lease: &Arc<Lease>) {
        let mut links = self.links();
        let place = &mut links[usize::from(bucket.0)];
        if place.take_if(|link| Arc::ptr_eq(&link.lease, lease)).is_some() {
            self.listener.detached(bucket, lease);
        }
    }

    /// Nothing is told under this lease any more.
    pub(super) fn end(&self, lease: &Arc<Lease>) {
        lease.end();
        for bucket in Bucket::all() {
            self.detach(bucket, lease);
        }
    }

    /// The buckets that are told of under this lease.
    pub(super) fn attached(&self, lease: &Lease) -> Vec<Bucket> {
        let links = self.links();
        let told = |bucket: &Bucket| links[usize::from(bucket.0)].as_ref().is_some_and(|link| link.is_of(lease));
        Bucket::all().filter(told).collect()
    }

    /// The link that tells of the bucket, if that is under this lease.
    pub(super) fn link(&self, bucket: Bucket, lease: &Lease) -> Option<Arc<Link>> {
        self.links()[usize::from(bucket.0)].as_ref().filter(|link| link.is_of(lease)).cloned()
    }

    fn links(&self) -> MutexGuard<'_, Box<[Option<Arc<Link>>]>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
