//! The near cache over a store.

use std::{sync::Arc, time::Duration};

use crate::{
    cache::{EvictingStore, NearCache, Reads, Source, Unobserved},
    clock::Clock,
    store::{SessionStore, TrackedStore},
    transport::grpc::present,
};

/// What a node keeps in memory, and how the authority reads and writes past it.
pub(super) struct Cached {
    pub(super) near: Arc<NearCache>,
    /// Forgets in `near` what it changes.
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) reads: Reads,
}

impl Cached {
    pub(super) fn over(store: Arc<dyn SessionStore>, tracked: &Arc<dyn TrackedStore>, clock: Arc<dyn Clock>) -> Self {
        let near = Arc::new(NearCache::new(64 << 20));
        let store: Arc<dyn SessionStore> = Arc::new(EvictingStore::new(store, Arc::clone(&near)));
        let source =
            Source { store: Arc::clone(&store), tracked: Arc::clone(tracked), near: Arc::clone(&near), present };
        let reads = Reads::new(source, clock, Arc::new(Unobserved), Duration::from_millis(250));
        Self { near, store, reads }
    }
}
