//! The near cache of a node with a separate store.

use std::{sync::Arc, time::Duration};

use session_authority::{
    clock::{Clock, SystemClock},
    domain::{Bucket, SessionId},
    near_cache::{
        CacheLookup, CacheMemory, CacheObserver, CachedDenylist, DenylistReader, NearCache, NearCacheParts,
        NoopCacheObserver, SessionRead, SessionReader, SessionStatus,
        source::{InvalidationListener, InvalidationSource},
    },
    store::redis::RedisSessionStore,
};
use tokio::task::JoinSet;

use crate::near_cache::{MAX_STALENESS, memory::counting_observer::CountingObserver};
use crate::support::redis_cluster::until;

pub const CACHE_BYTES: usize = 16 << 20;

pub struct CacheNode {
    pub store: Arc<RedisSessionStore>,
    pub memory: Arc<CacheMemory>,
    pub reads: Arc<SessionReader>,
    pub denylist: Arc<DenylistReader>,
    /// The tracking task ends with the node.
    _tracking_task: JoinSet<()>,
}

impl CacheNode {
    pub async fn connect(url: &str) -> Self {
        Self::with_listener(url, |memory| memory).await
    }

    /// Connects a node whose cache receives invalidations through `listener`.
    pub async fn with_listener(
        url: &str,
        through: impl FnOnce(Arc<CacheMemory>) -> Arc<dyn InvalidationListener>,
    ) -> Self {
        Self::with_cache(url, CACHE_BYTES, MAX_STALENESS, through).await
    }

    /// Connects a node with the given size of its cache and staleness bound.
    pub async fn with_cache(
        url: &str,
        max_size: usize,
        max_staleness: Duration,
        through: impl FnOnce(Arc<CacheMemory>) -> Arc<dyn InvalidationListener>,
    ) -> Self {
        Self::with_observer(url, max_size, max_staleness, through, Arc::new(NoopCacheObserver)).await
    }

    /// Connects a node that counts hits and misses.
    pub async fn with_counters(url: &str) -> (Self, Arc<CountingObserver>) {
        let counted = Arc::new(CountingObserver::default());
        (
            Self::with_observer(url, CACHE_BYTES, MAX_STALENESS, |memory| memory, Arc::clone(&counted) as _).await,
            counted,
        )
    }

    async fn with_observer(
        url: &str,
        max_size: usize,
        max_staleness: Duration,
        through: impl FnOnce(Arc<CacheMemory>) -> Arc<dyn InvalidationListener>,
        observer: Arc<dyn CacheObserver>,
    ) -> Self {
        let store = Arc::new(RedisSessionStore::connect(url).await.expect("a store"));
        let cache = NearCache::new(NearCacheParts {
            store: Arc::clone(&store) as _,
            source: Arc::clone(&store) as _,
            encode_session: |_| Box::default(),
            clock: Arc::new(SystemClock),
            observer,
            max_size,
            max_staleness,
        });
        let denylist = CachedDenylist::new(Arc::clone(&store) as _, &cache, Arc::new(NoopCacheObserver)).reader;
        let NearCache { memory, reader: reads, .. } = cache;
        let (mut following, listener, followed) = (JoinSet::new(), through(Arc::clone(&memory)), Arc::clone(&store));
        following.spawn(async move { followed.run(listener).await });
        Self { store, memory, reads, denylist, _tracking_task: following }
    }

    pub async fn read(&self, id: SessionId) -> SessionRead {
        self.reads.read_bounded(id).await.expect("a read")
    }

    /// Waits until the session is served from memory.
    pub async fn wait_until_cached(&self, id: SessionId) {
        until("the session is cached", async || {
            self.reads.read_bounded(id).await.is_ok_and(|seen| seen.is_from_cache())
        })
        .await;
    }

    /// Reads the session under a proof that is younger than this moment.
    pub async fn read_fresh(&self, id: SessionId) -> SessionRead {
        let now = SystemClock.now();
        loop {
            let seen = self.read(id).await;
            if seen.as_of > now {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Returns true if the bucket is tracked.
    pub fn is_tracked(&self, bucket: Bucket) -> bool {
        let mut handle = [0; 12];
        handle[0] = bucket.0;
        let id = SessionId { handle: session_authority::domain::UserHandle(handle), unique: [0; 8] };
        !matches!(self.memory.look_up(id, |_| true), CacheLookup::NotTracked)
    }

    pub async fn wait_until_all_tracked(&self) {
        until("all buckets are tracked", async || Bucket::all().all(|bucket| self.is_tracked(bucket))).await;
    }

    /// Returns the reason of each server without tracking.
    pub fn tracking_errors(&self) -> Vec<String> {
        self.store.status().into_iter().filter_map(|status| status.tracking_error).collect()
    }
}

pub fn is_live(seen: &SessionRead) -> bool {
    matches!(seen.status, SessionStatus::Live(_))
}
