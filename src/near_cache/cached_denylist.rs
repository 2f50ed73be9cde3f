//! The denylist of the store, served from the near cache.

use super::{
    NearCache,
    invalidating_denylist::InvalidatingDenylist,
    observer::CacheObserver,
    reader::{DenylistReader, DenylistSource},
};
use crate::{store::Denylist, sync::Arc};

/// The denylist of a store, with the near cache between it and its users.
pub struct CachedDenylist {
    /// The denylist. Its changes invalidate the cached ones.
    pub store: Arc<dyn Denylist>,
    /// Looks up JWT IDs.
    pub reader: Arc<DenylistReader>,
}

impl CachedDenylist {
    /// Serves `denylist`, which is of the store of `cache`, from `cache`.
    #[must_use]
    pub fn new(denylist: Arc<dyn Denylist>, cache: &NearCache, observer: Arc<dyn CacheObserver>) -> Self {
        let store: Arc<dyn Denylist> = Arc::new(InvalidatingDenylist::new(denylist, Arc::clone(&cache.memory)));
        let source = DenylistSource {
            denylist: Arc::clone(&store),
            invalidations: Arc::clone(&cache.source),
            memory: Arc::clone(&cache.memory),
        };
        let reader = DenylistReader::new(source, Arc::clone(&cache.clock), observer, cache.max_staleness);
        Self { store, reader: Arc::new(reader) }
    }
}
