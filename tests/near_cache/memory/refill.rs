//! An empty cache is filled by a limited number of concurrent reads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::join_all;
use session_authority::{
    clock::SystemClock,
    domain::{Bucket, SessionId, UserHandle},
    near_cache::{
        MAX_CONCURRENT_READS, NearCache, NearCacheParts, NoopCacheObserver,
        source::{
            BucketDenylist, InvalidationListener, InvalidationSource, Lease, RevocationsSince, TrackedRead,
            TrackingStatus,
        },
    },
    store::{StoreError, record::Generation, sqlite::SqliteSessionStore},
};
use tokio::sync::Barrier;

/// A slow store that counts its concurrent reads.
#[derive(Default)]
struct SlowSource {
    /// Reads end together, in batches; without, each takes 20 ms.
    batch: Option<Barrier>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

#[async_trait]
impl InvalidationSource for SlowSource {
    async fn run(&self, _: Arc<dyn InvalidationListener>) {}

    async fn read_session(&self, _: &Lease, _: SessionId) -> Result<TrackedRead, StoreError> {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(under_way, Ordering::SeqCst);
        self.all.fetch_add(1, Ordering::SeqCst);
        if let Some(batch) = &self.batch {
            batch.wait().await;
        } else {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        Ok(TrackedRead { session: None, latest: 0 })
    }

    async fn read_revocations(
        &self,
        _: &Lease,
        _: &[(Bucket, Generation)],
    ) -> Result<Vec<RevocationsSince>, StoreError> {
        Ok(Vec::new())
    }

    async fn read_denylist(&self, _: &Lease, _: Bucket) -> Result<BucketDenylist, StoreError> {
        Ok(BucketDenylist::default())
    }

    async fn catch_up(&self, _: &Lease, _: Bucket) -> Result<(), StoreError> {
        Ok(())
    }

    fn status(&self) -> Vec<TrackingStatus> {
        Vec::new()
    }
}

/// Creates a cache over an empty store.
async fn cache_over(source: Arc<SlowSource>, max_staleness: Duration) -> NearCache {
    NearCache::new(NearCacheParts {
        store: Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store")),
        source,
        encode_session: |_| Box::default(),
        clock: Arc::new(SystemClock),
        observer: Arc::new(NoopCacheObserver),
        max_size: 16 << 20,
        max_staleness,
    })
}

#[tokio::test]
async fn a_node_with_an_empty_memory_reads_a_bounded_number_of_sessions_at_a_time() {
    // More reads at a time would begin before the first batch is complete.
    let batch = Some(Barrier::new(MAX_CONCURRENT_READS));
    let slow = Arc::new(SlowSource { batch, ..SlowSource::default() });
    let NearCache { memory, reader: reads, .. } = cache_over(Arc::clone(&slow), Duration::from_secs(5)).await;
    for bucket in Bucket::all() {
        memory.attach(bucket, &Arc::new(Lease::new_permanent()));
    }
    let id = |number: usize| {
        let mut handle = [0; UserHandle::BYTES];
        handle[..8].copy_from_slice(&number.to_le_bytes());
        SessionId { handle: UserHandle(handle), unique: number.to_be_bytes() }
    };
    let sessions = 4 * MAX_CONCURRENT_READS;
    for seen in join_all((0..sessions).map(|number| reads.read_bounded(id(number)))).await {
        seen.expect("a read");
    }
    assert_eq!(slow.all.load(Ordering::SeqCst), sessions);
    assert_eq!(slow.most.load(Ordering::SeqCst), MAX_CONCURRENT_READS);
}

/// A caller that gets no read permit in time gets an error, and does not wait until the deadline of the call.
#[tokio::test]
async fn who_gets_no_turn_in_time_has_no_verdict() {
    const ENDLESS_READ: Duration = Duration::from_millis(1);
    let NearCache { reader: reads, .. } = cache_over(Arc::default(), ENDLESS_READ).await;
    let id = SessionId { handle: UserHandle([0; UserHandle::BYTES]), unique: [0; 8] };
    let seen = join_all((0..20 * MAX_CONCURRENT_READS).map(|_| reads.read_bounded(id))).await;
    let refused: Vec<_> = seen.into_iter().filter_map(Result::err).collect();
    assert!(refused.iter().all(|error| matches!(error, StoreError::Unreachable { .. })));
    assert!(!refused.is_empty());
}
