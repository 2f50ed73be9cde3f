//! Leases, and the entries that may be returned under them.

use std::sync::Arc;
use std::time::Duration;

use session_authority::clock::Clock;
use session_authority::domain::Bucket;
use session_authority::near_cache::{Fallback, SessionStatus, source::InvalidationListener};

use super::cache_fixture::{BOUND, CacheFixture};
use crate::conformance::operations::revoke;
use crate::conformance::users::{NOW, TestUser};

#[tokio::test]
async fn a_second_read_is_answered_from_memory_as_of_the_proof() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    let first = stage.read(id).await;
    assert!(!first.is_from_cache());
    stage.clock.advance(Duration::from_millis(100));
    let second = stage.read(id).await;
    assert!(second.is_from_cache());
    assert_eq!(second.as_of, NOW, "the time of the proof, not of the response");
    assert!(
        matches!(second.status, SessionStatus::Live(pass) if &pass.encoded_session[..] == id.to_string().as_bytes())
    );
    let counts = stage.counters.snapshot();
    assert_eq!((counts.cached, counts.hits), (1, 1));
}

#[tokio::test]
async fn at_the_bound_what_is_kept_is_not_given_out() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    let last = Duration::from_millis(1);
    stage.clock.advance(BOUND.saturating_sub(last));
    assert!(stage.is_cached(id));
    stage.clock.advance(last);
    assert!(!stage.is_cached(id));
    stage.renew();
    assert!(stage.is_cached(id), "it stayed cached");
}

#[tokio::test]
async fn a_renewal_that_is_asked_for_is_waited_for() {
    let stage = Arc::new(CacheFixture::with_lease().await);
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    stage.clock.advance(BOUND);
    let prober = Arc::clone(&stage);
    let renewed = async move {
        prober.lease.wait_for_renewal_request().await;
        prober.renew();
    };
    let (seen, ()) = tokio::join!(stage.read(id), renewed);
    assert!(seen.is_from_cache());
    assert_eq!(seen.as_of, stage.clock.now());
}

#[tokio::test]
async fn without_a_renewal_the_store_is_read() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    stage.other_store.revoke(revoke(id, NOW)).await.expect("revoke");
    assert!(stage.is_live(id).await, "under a proof that is fresh enough");
    stage.clock.advance(BOUND);
    assert!(!stage.is_live(id).await);
    assert_eq!(stage.counters.snapshot().fallbacks, [Fallback::LeaseExpired]);
}

/// A renewal of a lease asserts that every invalidation has been delivered. The cache trusts it even if it is wrong.
#[tokio::test]
async fn mutant_a_lease_renewed_without_invalidations_is_trusted() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    stage.other_store.revoke(revoke(id, NOW)).await.expect("revoke");
    for _ in 0..10 {
        stage.clock.advance(BOUND);
        stage.renew();
        assert!(stage.is_live(id).await, "a lease that is renewed although no invalidation was delivered");
    }
}

#[tokio::test]
async fn without_invalidations_the_store_is_read_each_time() {
    let stage = CacheFixture::without_tracking(1 << 20).await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    for _ in 0..2 {
        assert!(!stage.read(id).await.is_from_cache());
    }
    assert_eq!(stage.counters.snapshot().fallbacks, [Fallback::NotTracked; 2]);
}

#[tokio::test]
async fn who_waits_for_a_lease_that_ends_reads_the_store_at_once() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    stage.clock.advance(BOUND);
    let ended = async {
        stage.lease.wait_for_renewal_request().await;
        for bucket in Bucket::all() {
            stage.memory.detach(bucket, &stage.lease);
        }
        stage.lease.end();
    };
    let (seen, ()) = tokio::join!(stage.read(id), ended);
    assert!(!seen.is_from_cache());
    assert_eq!(stage.counters.snapshot().fallbacks, [Fallback::NotTracked]);
}

#[tokio::test]
async fn what_the_store_says_of_a_session_passes_what_is_kept_by() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    stage.other_store.revoke(revoke(id, NOW)).await.expect("revoke");
    assert!(matches!(stage.reads.read_store(id).await.expect("a read").status, SessionStatus::Ended(_)));
}

#[tokio::test]
async fn a_strong_read_needs_no_young_proof_and_is_as_of_its_beginning() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    stage.clock.advance(BOUND * 2);
    let seen = stage.reads.read_strong(id).await.expect("a read");
    assert!(seen.is_from_cache() && matches!(seen.status, SessionStatus::Live(_)));
    assert_eq!(seen.as_of, stage.clock.now());
}
