//! Cached denylists: what is served from memory, under which lease, and what ends it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use session_authority::clock::{Clock, ManualClock};
use session_authority::domain::{Bucket, DeniedJwt, JwtIdDigest, UnixMillis};
use session_authority::near_cache::{
    CacheMemory, CachedDenylist, DenylistLookup, DenylistRead, DenylistReader, Fallback, NearCache, NearCacheParts,
    NoopCacheObserver,
    source::{BucketDenylist, Invalidation, InvalidationListener, Lease},
};
use session_authority::store::{DenialCounts, Denylist, JwtDenial, StoreError, sqlite::SqliteSessionStore};

use super::cache_fixture::BOUND;
use super::counting_observer::CountingObserver;
use crate::conformance::denylist::{deny, jwt};
use crate::conformance::users::{NOW, after};

const HOUR: Duration = Duration::from_hours(1);

/// A reader over the embedded engine, with a lease that the test controls.
struct DenylistFixture {
    /// The denylist of another node: changes through it do not invalidate this cache.
    other: Arc<dyn Denylist>,
    /// The denylist of this node.
    own: Arc<dyn Denylist>,
    memory: Arc<CacheMemory>,
    reader: Arc<DenylistReader>,
    clock: Arc<ManualClock>,
    counters: Arc<CountingObserver>,
    lease: Arc<Lease>,
}

impl DenylistFixture {
    /// Creates a cache whose buckets are tracked under a fresh lease.
    async fn with_lease() -> Self {
        let fixture = Self::without_tracking().await;
        for bucket in Bucket::all() {
            fixture.memory.attach(bucket, &fixture.lease);
        }
        fixture.renew();
        fixture
    }

    async fn without_tracking() -> Self {
        let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
        Self::over(Arc::clone(&engine) as _, engine)
    }

    fn over(denylist: Arc<dyn Denylist>, engine: Arc<SqliteSessionStore>) -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        let counters = Arc::new(CountingObserver::default());
        let cache = NearCache::new(NearCacheParts {
            store: Arc::clone(&engine) as _,
            source: engine,
            encode_session: |_| Box::default(),
            clock: Arc::clone(&clock) as _,
            observer: Arc::new(NoopCacheObserver),
            max_size: 1 << 20,
            max_staleness: BOUND,
        });
        let CachedDenylist { store, reader } =
            CachedDenylist::new(Arc::clone(&denylist), &cache, Arc::clone(&counters) as _);
        let memory = Arc::clone(&cache.memory);
        Self { other: denylist, own: store, memory, reader, clock, counters, lease: Arc::new(Lease::new()) }
    }

    /// Renews the lease: every invalidation up to now counts as received.
    fn renew(&self) {
        self.lease.renew(self.clock.instant());
    }

    async fn read(&self, jwt: &DeniedJwt) -> DenylistRead {
        self.reader.read_bounded(&[jwt.digest]).await.expect("a read")
    }

    async fn is_denied(&self, jwt: &DeniedJwt) -> bool {
        self.read(jwt).await.denial_ends[0].is_some()
    }
}

#[tokio::test]
async fn every_further_check_in_a_bucket_is_served_from_memory_as_of_the_proof() {
    let f = DenylistFixture::with_lease().await;
    let [denied, other] = ["a", "b"].map(|id| jwt(id, after(HOUR)));
    f.other.deny(deny(vec![denied.clone()], NOW, 1)).await.expect("a denial");
    let ids = [denied.digest, other.digest];
    let first = f.reader.read_bounded(&ids).await.expect("a read");
    assert_eq!((first.denial_ends, first.from_cache), (vec![Some(after(HOUR)), None], false));
    f.clock.advance(Duration::from_millis(100));
    let second = f.reader.read_bounded(&ids).await.expect("a read");
    let expected = DenylistRead { denial_ends: vec![Some(after(HOUR)), None], as_of: NOW, from_cache: true };
    assert_eq!(second, expected, "the time of the proof, not of the response");
    let counts = f.counters.snapshot();
    assert_eq!((counts.cached, counts.hits), (2, 2), "one list for each of two buckets");
    assert_eq!(f.memory.size().denied_jwts, 1);
}

#[tokio::test]
async fn at_the_bound_a_cached_list_is_not_served() {
    let f = DenylistFixture::with_lease().await;
    let a = jwt("a", after(HOUR));
    f.read(&a).await;
    f.other.deny(deny(vec![a.clone()], NOW, 1)).await.expect("a denial");
    f.clock.advance(BOUND.saturating_sub(Duration::from_millis(1)));
    assert!(!f.is_denied(&a).await, "under a proof that is fresh enough");
    f.clock.advance(Duration::from_millis(1));
    assert!(f.is_denied(&a).await, "without a renewal the store is read");
    assert_eq!(f.counters.snapshot().fallbacks, [Fallback::LeaseExpired]);
}

#[tokio::test]
async fn an_invalidation_ends_a_cached_list_and_no_other() {
    let f = DenylistFixture::with_lease().await;
    let (a, b) = (jwt("a", after(HOUR)), jwt("b", after(HOUR)));
    assert!(!f.is_denied(&a).await && !f.is_denied(&b).await);
    f.other.deny(deny(vec![a.clone(), b.clone()], NOW, 1)).await.expect("a denial");
    f.memory.invalidate(Invalidation::Denylist(a.digest.bucket()));
    assert!(f.is_denied(&a).await);
    assert!(!f.is_denied(&b).await, "its invalidation is on its way");
    f.memory.invalidate(Invalidation::Bucket(b.digest.bucket()));
    assert!(f.is_denied(&b).await);
}

#[tokio::test]
async fn a_list_that_was_read_before_an_invalidation_is_not_cached() {
    let f = DenylistFixture::with_lease().await;
    let bucket = Bucket(7);
    let DenylistLookup::Miss(ticket) = f.memory.look_up_denylist(bucket, |_| true) else { panic!("not a miss") };
    f.memory.invalidate(Invalidation::Denylist(bucket));
    let list = Arc::new(BucketDenylist::default());
    assert!(!f.memory.insert_denylist(&ticket, bucket, &list));
    let DenylistLookup::Miss(ticket) = f.memory.look_up_denylist(bucket, |_| true) else { panic!("not a miss") };
    f.memory.detach(bucket, &f.lease);
    f.memory.attach(bucket, &Arc::new(Lease::new()));
    assert!(!f.memory.insert_denylist(&ticket, bucket, &list), "its invalidations were not delivered in between");
}

#[tokio::test]
async fn a_denial_on_this_node_is_seen_by_the_next_check() {
    let f = DenylistFixture::with_lease().await;
    let a = jwt("a", after(HOUR));
    assert!(!f.is_denied(&a).await);
    f.own.deny(deny(vec![a.clone()], NOW, 1)).await.expect("a denial");
    assert!(f.is_denied(&a).await);
}

/// The mutant: a denial that does not invalidate the cache of its own node.
#[tokio::test]
async fn without_an_invalidation_the_next_check_misses_the_denial() {
    let f = DenylistFixture::with_lease().await;
    let a = jwt("a", after(HOUR));
    assert!(!f.is_denied(&a).await);
    f.other.deny(deny(vec![a.clone()], NOW, 1)).await.expect("a denial");
    assert!(!f.is_denied(&a).await);
    let strong = f.reader.read_store(&[a.digest]).await.expect("a read");
    assert_eq!((strong.denial_ends, strong.from_cache), (vec![Some(after(HOUR))], false), "STRONG reads the store");
}

#[tokio::test]
async fn without_tracking_the_store_is_read_each_time() {
    let f = DenylistFixture::without_tracking().await;
    let a = jwt("a", after(HOUR));
    assert!(!f.is_denied(&a).await);
    f.other.deny(deny(vec![a.clone()], NOW, 1)).await.expect("a denial");
    let read = f.read(&a).await;
    assert!(read.denial_ends[0].is_some() && !read.from_cache);
    assert_eq!(f.counters.snapshot().fallbacks, [Fallback::NotTracked; 2]);
}

#[tokio::test]
async fn calls_that_need_the_same_list_read_it_once() {
    let f = DenylistFixture::with_lease().await;
    let a = jwt("a", after(HOUR));
    let reads = futures_util::future::join_all((0..50).map(|_| f.read(&a))).await;
    assert!(reads.iter().all(|read| read.denial_ends == [None]));
    let counts = f.counters.snapshot();
    assert_eq!((counts.cached, counts.joined), (1, 49));
}

/// A denylist whose store is down.
struct UnavailableDenylist;

#[async_trait]
impl Denylist for UnavailableDenylist {
    async fn deny(&self, _: JwtDenial) -> Result<DenialCounts, StoreError> {
        Err(StoreError::Unreachable { during: "denying", source: "down".into() })
    }

    async fn find_denials(&self, _: &[JwtIdDigest]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        Err(StoreError::Unreachable { during: "looking up", source: "down".into() })
    }
}

#[tokio::test]
async fn without_the_store_there_is_no_verdict_beyond_the_bound() {
    let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
    let f = DenylistFixture::over(Arc::new(UnavailableDenylist), engine);
    let a = jwt("a", after(HOUR));
    for bucket in Bucket::all() {
        f.memory.attach(bucket, &f.lease);
    }
    f.renew();
    assert!(!f.is_denied(&a).await, "the list was read while the store was available");
    f.clock.advance(BOUND);
    f.reader.read_bounded(&[a.digest]).await.expect_err("no fresh proof and no store");
    f.reader.read_store(&[a.digest]).await.expect_err("no store");
}
