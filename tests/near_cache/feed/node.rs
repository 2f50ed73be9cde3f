//! A node's memory over a store of its own.

use std::{sync::Arc, time::Duration};

use session_authority::{
    cache::{CacheObserver, Look, NearCache, Reads, Seen, Source, Standing, Unobserved},
    clock::{Clock, SystemClock},
    domain::{Bucket, SessionId},
    store::{ChangeListener, TrackedStore, redis::RedisSessionStore},
};
use tokio::task::JoinSet;

use crate::near_cache::{MAX_STALENESS, memory::counted::Counted};
use crate::support::redis_cluster::until;

pub struct Node {
    pub store: Arc<RedisSessionStore>,
    pub near: Arc<NearCache>,
    pub reads: Reads,
    /// Ends with the node.
    _following: JoinSet<()>,
}

impl Node {
    pub async fn on(url: &str) -> Self {
        Self::telling(url, |near| near).await
    }

    /// A node whose memory is told through something else.
    pub async fn telling(url: &str, through: impl FnOnce(Arc<NearCache>) -> Arc<dyn ChangeListener>) -> Self {
        Self::with(url, Arc::new(NearCache::new(16 << 20)), MAX_STALENESS, through).await
    }

    /// A node with a memory and a bound of its own.
    pub async fn with(
        url: &str,
        near: Arc<NearCache>,
        max_staleness: Duration,
        through: impl FnOnce(Arc<NearCache>) -> Arc<dyn ChangeListener>,
    ) -> Self {
        Self::observed(url, near, max_staleness, through, Arc::new(Unobserved)).await
    }

    /// A node whose hits and misses are counted.
    pub async fn counted(url: &str) -> (Self, Arc<Counted>) {
        let (counted, near) = (Arc::new(Counted::default()), Arc::new(NearCache::new(16 << 20)));
        (Self::observed(url, near, MAX_STALENESS, |near| near, Arc::clone(&counted) as _).await, counted)
    }

    async fn observed(
        url: &str,
        near: Arc<NearCache>,
        max_staleness: Duration,
        through: impl FnOnce(Arc<NearCache>) -> Arc<dyn ChangeListener>,
        observer: Arc<dyn CacheObserver>,
    ) -> Self {
        let store = Arc::new(RedisSessionStore::connect(url).await.expect("a store"));
        let source = Source {
            store: Arc::clone(&store) as _,
            tracked: Arc::clone(&store) as _,
            near: Arc::clone(&near),
            present: |_| Box::default(),
        };
        let reads = Reads::new(source, Arc::new(SystemClock), observer, max_staleness);
        let (mut following, listener, followed) = (JoinSet::new(), through(Arc::clone(&near)), Arc::clone(&store));
        following.spawn(async move { followed.follow(listener).await });
        Self { store, near, reads, _following: following }
    }

    pub async fn read(&self, id: SessionId) -> Seen {
        self.reads.bounded(id).await.expect("a read")
    }

    /// Waits until the session is answered from memory.
    pub async fn keeps(&self, id: SessionId) {
        until("it is kept", async || self.reads.bounded(id).await.is_ok_and(|seen| seen.from_memory)).await;
    }

    /// What is answered under a proof that is younger than this moment.
    pub async fn read_from_now_on(&self, id: SessionId) -> Seen {
        let now = SystemClock.now();
        loop {
            let seen = self.read(id).await;
            if seen.as_of > now {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Whether changes of the bucket are told.
    pub fn is_told_of(&self, bucket: Bucket) -> bool {
        let mut handle = [0; 12];
        handle[0] = bucket.0;
        let id = SessionId { handle: session_authority::domain::UserHandle(handle), unique: [0; 8] };
        !matches!(self.near.look(id, |_| true), Look::Untold)
    }

    pub async fn is_told_of_all(&self) {
        until("all buckets are told of", async || Bucket::all().all(|bucket| self.is_told_of(bucket))).await;
    }

    /// Why changes are not told, for each server.
    pub fn untold(&self) -> Vec<String> {
        self.store.status().into_iter().filter_map(|status| status.untold).collect()
    }
}

pub fn is_live(seen: &Seen) -> bool {
    matches!(seen.standing, Standing::Live(_))
}
