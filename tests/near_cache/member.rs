//! The near cache of a node, put together by hand, so that a test can take a part of its protection away.

use std::{sync::Arc, time::Duration};

use session_authority::{
    cache::{NearCache, Reads, Source, Unobserved},
    clock::SystemClock,
    store::{ChangeListener, SessionStore, TrackedStore, redis::RedisSessionStore},
    transport::grpc::present,
};
use tokio::task::JoinSet;

/// A cache that is told of changes for as long as it lives.
pub struct Member {
    pub reads: Arc<Reads>,
    pub source: Source,
    _following: JoinSet<()>,
}

impl Member {
    /// As a node has it.
    pub async fn new(url: &str, max_staleness: Duration) -> Self {
        Self::with(url, max_staleness, Arc::new(NearCache::new(64 << 20)), |near| near).await
    }

    /// With a cache of one's own, which is told of changes by what `wrap` makes of it.
    pub async fn with(
        url: &str,
        max_staleness: Duration,
        near: Arc<NearCache>,
        wrap: impl FnOnce(Arc<dyn ChangeListener>) -> Arc<dyn ChangeListener>,
    ) -> Self {
        let engine = Arc::new(RedisSessionStore::connect(url).await.expect("a store"));
        let source = Source {
            store: Arc::clone(&engine) as Arc<dyn SessionStore>,
            tracked: engine,
            near: Arc::clone(&near),
            present,
        };
        let reads = Reads::new(source.clone(), Arc::new(SystemClock), Arc::new(Unobserved), max_staleness);
        let (tracked, listener): (Arc<dyn TrackedStore>, _) = (Arc::clone(&source.tracked), wrap(near));
        let mut following = JoinSet::new();
        following.spawn(async move { tracked.follow(listener).await });
        Self { reads: Arc::new(reads), source, _following: following }
    }
}
