//! A near cache over the embedded engine, with a lease that the test controls.

use std::sync::Arc;
use std::time::Duration;

use session_authority::clock::{Clock, ManualClock};
use session_authority::domain::{Bucket, SessionId};
use session_authority::near_cache::{
    CacheMemory, NearCache, NearCacheParts, SessionRead, SessionReader, SessionStatus,
    source::{InvalidationListener, Lease},
};
use session_authority::store::sqlite::SqliteSessionStore;
use session_authority::store::{SessionCreation, SessionStore};

use super::counting_observer::CountingObserver;
use crate::conformance::users::NOW;

pub const BOUND: Duration = Duration::from_millis(250);

pub struct CacheFixture {
    /// The store of another node: changes through it do not invalidate this cache.
    pub other_store: Arc<dyn SessionStore>,
    pub store: Arc<dyn SessionStore>,
    pub memory: Arc<CacheMemory>,
    pub reads: Arc<SessionReader>,
    pub clock: Arc<ManualClock>,
    pub counters: Arc<CountingObserver>,
    pub lease: Arc<Lease>,
}

impl CacheFixture {
    /// Creates a cache whose buckets are tracked under a fresh lease.
    pub async fn with_lease() -> Self {
        let stage = Self::without_tracking(1 << 20).await;
        stage.attach();
        stage.renew();
        stage
    }

    /// Creates a cache without invalidations.
    pub async fn without_tracking(bytes: usize) -> Self {
        let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
        let elsewhere: Arc<dyn SessionStore> = Arc::clone(&engine) as _;
        let clock = Arc::new(ManualClock::new(NOW));
        let counted = Arc::new(CountingObserver::default());
        let NearCache { memory, reader: reads, store, .. } = NearCache::new(NearCacheParts {
            store: Arc::clone(&elsewhere),
            source: engine,
            encode_session: |session| session.id.to_string().into_bytes().into(),
            clock: Arc::clone(&clock) as _,
            observer: Arc::clone(&counted) as _,
            max_size: bytes,
            max_staleness: BOUND,
        });
        Self { other_store: elsewhere, store, memory, reads, clock, counters: counted, lease: Arc::new(Lease::new()) }
    }

    pub fn attach(&self) {
        for bucket in Bucket::all() {
            self.memory.attach(bucket, &self.lease);
        }
    }

    /// Renews the lease: every invalidation up to now counts as received.
    pub fn renew(&self) {
        self.lease.renew(self.clock.instant());
    }

    pub async fn sign_in(&self, login: SessionCreation) -> SessionId {
        let id = login.session.id;
        self.other_store.create(login).await.expect("create");
        id
    }

    pub async fn read(&self, id: SessionId) -> SessionRead {
        self.reads.read_bounded(id).await.expect("a read")
    }

    pub async fn is_live(&self, id: SessionId) -> bool {
        matches!(self.read(id).await.status, SessionStatus::Live(_))
    }

    /// Returns true if the session is returned from memory at once.
    pub fn is_cached(&self, id: SessionId) -> bool {
        self.reads.try_cached(id).is_some_and(|seen| matches!(seen.status, SessionStatus::Live(_)))
    }
}
