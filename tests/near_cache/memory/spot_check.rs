//! The spot check of the guarantee.

use session_authority::near_cache::{
    SpotCheckResult,
    source::{Invalidation, InvalidationListener},
};

use super::cache_fixture::CacheFixture;
use crate::conformance::operations::revoke;
use crate::conformance::users::{NOW, TestUser};

#[tokio::test]
async fn finds_what_is_given_out_although_it_has_ended() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    assert_eq!(stage.reads.spot_check().await.expect("a check"), SpotCheckResult::NothingToCheck);
    for _ in 0..2 {
        stage.read(id).await;
    }
    assert_eq!(stage.reads.spot_check().await.expect("a check"), SpotCheckResult::Consistent);

    // No invalidation is delivered, and the lease stays valid.
    stage.other_store.revoke(revoke(id, NOW)).await.expect("revoke");
    stage.read(id).await;
    assert_eq!(stage.reads.spot_check().await.expect("a check"), SpotCheckResult::Stale(id));
    assert_eq!(stage.counters.snapshot().outdated, 1);
}

#[tokio::test]
async fn what_is_forgotten_within_the_bound_was_right() {
    let stage = CacheFixture::with_lease().await;
    let user = TestUser::new("ann");
    let id = stage.sign_in(user.login(1, NOW)).await;
    for _ in 0..2 {
        stage.read(id).await;
    }
    stage.other_store.revoke(revoke(id, NOW)).await.expect("revoke");
    let invalidate = async {
        // The invalidation arrives after the check has started.
        tokio::task::yield_now().await;
        stage.memory.invalidate(Invalidation::User(user.handle));
    };
    let (check, ()) = tokio::join!(stage.reads.spot_check(), invalidate);
    assert_eq!(check.expect("a check"), SpotCheckResult::Consistent);
    assert_eq!(stage.counters.snapshot().outdated, 0);
}
