//! The near cache: validations served from memory, with bounded staleness.
//!
//! - [`NearCache`] is the cache of one node.
//! - [`CacheMemory`] holds sessions until they are invalidated. It does no I/O. It also lists the tenants that were
//!   signed out since a session was read. Each mass revocation therefore costs one read for all sessions of all
//!   buckets, and only the sessions of its own tenant are read again.
//! - [`SessionReader`] serves sessions from it under a lease that is fresh enough. Otherwise it reads the store, once
//!   for all concurrent calls for the same session. Either way the result is a [`SessionRead`].
//! - `invalidating_store` invalidates the users that this node changes before the change is acknowledged.
//! - [`CachedDenylist`] looks up denied JWT IDs in the same way. The denylist of a bucket is cached as a whole.
//!
//! The cache rests on [`source`]: an engine sends the invalidations of the data that was read from it, and renews the
//! lease that proves how far they have arrived. `docs/freshness.md` states the guarantee that follows, and `model`
//! checks it for every order of events.

mod cached_denylist;
mod client_tag;
mod invalidating_denylist;
mod invalidating_store;
mod live_session;
mod memory;
#[cfg(test)]
#[cfg(model)]
mod model;
mod observer;
mod reader;
mod session_read;
pub mod source;

use std::time::Duration;

use crate::{clock::Clock, store::SessionStore, sync::Arc};

use self::{invalidating_store::InvalidatingStore, reader::StoreReader, source::InvalidationSource};

pub use self::{
    cached_denylist::CachedDenylist,
    client_tag::ClientTag,
    live_session::{LiveSession, SessionEncoder},
    memory::{CacheLookup, CacheMemory, CacheSize, DenylistLookup, DenylistTicket, ReadTicket, RevocationsTicket},
    observer::{CacheObserver, Fallback, NoopCacheObserver},
    reader::{DenylistRead, DenylistReader, MAX_CONCURRENT_READS, SessionReader, SpotCheckResult},
    session_read::{ReadOrigin, SessionRead, SessionStatus},
};

/// The near cache of a node, between its store and the users of the store.
pub struct NearCache {
    /// The cached sessions. They are served while `source` [delivers](InvalidationSource::run) their invalidations here.
    pub memory: Arc<CacheMemory>,
    /// Reads sessions for validations.
    pub reader: Arc<SessionReader>,
    /// The session store. Its changes invalidate the cached sessions.
    pub store: Arc<dyn SessionStore>,
    /// The same store, as the source of invalidations.
    pub source: Arc<dyn InvalidationSource>,
    clock: Arc<dyn Clock>,
    max_staleness: Duration,
}

/// The parts and the settings of a [`NearCache`].
pub struct NearCacheParts {
    pub store: Arc<dyn SessionStore>,
    /// The same store, as the source of invalidations.
    pub source: Arc<dyn InvalidationSource>,
    pub encode_session: SessionEncoder,
    pub clock: Arc<dyn Clock>,
    pub observer: Arc<dyn CacheObserver>,
    /// The size limit in bytes.
    pub max_size: usize,
    /// The maximum age of a lease proof under which a cached session is served.
    pub max_staleness: Duration,
}

impl NearCache {
    #[must_use]
    pub fn new(parts: NearCacheParts) -> Self {
        let NearCacheParts { store, source, encode_session, clock, observer, max_size, max_staleness } = parts;
        let memory = Arc::new(CacheMemory::new(max_size));
        let store: Arc<dyn SessionStore> = Arc::new(InvalidatingStore::new(store, Arc::clone(&memory)));
        let reads = StoreReader::new(Arc::clone(&store), Arc::clone(&source), Arc::clone(&memory), encode_session);
        let reader = Arc::new(SessionReader::new(reads, Arc::clone(&clock), observer, max_staleness));
        Self { memory, reader, store, source, clock, max_staleness }
    }
}
