//! The near cache of a node with a separate store.

use std::{sync::Arc, time::Duration};

use session_authority::{
    clock::{Clock, SystemClock},
    domain::{Bucket, SessionId},
    near_cache::{
        CacheLookup, CacheObserver, NearCache, NoopCacheObserver, SessionRead, SessionReader, SessionSource,
        SessionStatus,
        source::{InvalidationListener, InvalidationSource},
    },
    store::redis::RedisSessionStore,
};
use tokio::task::JoinSet;

use crate::near_cache::{MAX_STALENESS, memory::counting_observer::CountingObserver};
use crate::support::redis_cluster::until;

pub struct CacheNode {
    pub store: Arc<RedisSessionStore>,
    pub near: Arc<NearCache>,
    pub reads: SessionReader,
    /// The tracking task ends with the node.
    _tracking_task: JoinSet<()>,
}

impl CacheNode {
    pub async fn connect(url: &str) -> Self {
        Self::with_listener(url, |near| near).await
    }

    /// Connects a node whose cache receives invalidations through `listener`.
    pub async fn with_listener(
        url: &str,
        through: impl FnOnce(Arc<NearCache>) -> Arc<dyn InvalidationListener>,
    ) -> Self {
        Self::with_cache(url, Arc::new(NearCache::new(16 << 20)), MAX_STALENESS, through).await
    }

    /// Connects a node with the given cache and staleness bound.
    pub async fn with_cache(
        url: &str,
        near: Arc<NearCache>,
        max_staleness: Duration,
        through: impl FnOnce(Arc<NearCache>) -> Arc<dyn InvalidationListener>,
    ) -> Self {
        Self::with_observer(url, near, max_staleness, through, Arc::new(NoopCacheObserver)).await
    }

    /// Connects a node that counts hits and misses.
    pub async fn with_counters(url: &str) -> (Self, Arc<CountingObserver>) {
        let (counted, near) = (Arc::new(CountingObserver::default()), Arc::new(NearCache::new(16 << 20)));
        (Self::with_observer(url, near, MAX_STALENESS, |near| near, Arc::clone(&counted) as _).await, counted)
    }

    async fn with_observer(
        url: &str,
        near: Arc<NearCache>,
        max_staleness: Duration,
        through: impl FnOnce(Arc<NearCache>) -> Arc<dyn InvalidationListener>,
        observer: Arc<dyn CacheObserver>,
    ) -> Self {
        let store = Arc::new(RedisSessionStore::connect(url).await.expect("a store"));
        let source = SessionSource {
            store: Arc::clone(&store) as _,
            invalidation_source: Arc::clone(&store) as _,
            cache: Arc::clone(&near),
            encode_session: |_| Box::default(),
        };
        let reads = SessionReader::new(source, Arc::new(SystemClock), observer, max_staleness);
        let (mut following, listener, followed) = (JoinSet::new(), through(Arc::clone(&near)), Arc::clone(&store));
        following.spawn(async move { followed.run(listener).await });
        Self { store, near, reads, _tracking_task: following }
    }

    pub async fn read(&self, id: SessionId) -> SessionRead {
        self.reads.read_bounded(id).await.expect("a read")
    }

    /// Waits until the session is served from memory.
    pub async fn wait_until_cached(&self, id: SessionId) {
        until("the session is cached", async || self.reads.read_bounded(id).await.is_ok_and(|seen| seen.from_cache))
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
        !matches!(self.near.look_up(id, |_| true), CacheLookup::NotTracked)
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
