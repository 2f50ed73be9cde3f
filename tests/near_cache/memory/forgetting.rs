//! Invalidation by changes.

use std::time::Duration;

use session_authority::domain::TenantId;
use session_authority::domain::event::RevocationScope;
use session_authority::near_cache::{
    SessionRead, SessionStatus,
    source::{Invalidation, InvalidationListener},
};
use session_authority::store::Touch;

use super::cache_fixture::CacheFixture;
use crate::conformance::operations::{revoke, revoke_all, revoke_mass};
use crate::conformance::users::{CreationExt, LIFETIME, NOW, TestUser, after};

#[tokio::test]
async fn an_invalidation_takes_effect_at_once() {
    let stage = CacheFixture::with_lease().await;
    let (ann, bob) = (TestUser::new("ann"), TestUser::new("bob"));
    let ids = [stage.sign_in(ann.login(1, NOW)).await, stage.sign_in(bob.login(1, NOW)).await];
    for id in ids {
        stage.read(id).await;
    }
    stage.other_store.revoke(revoke(ids[0], NOW)).await.expect("revoke");
    stage.memory.invalidate(Invalidation::User(ann.handle));
    assert!(!stage.is_live(ids[0]).await);
    assert!(stage.is_cached(ids[1]), "another user's session is not affected");
}

#[tokio::test]
async fn a_revocation_on_this_node_is_seen_by_its_caller_at_once() {
    let stage = CacheFixture::with_lease().await;
    let user = TestUser::new("ann");
    let ids = [1, 2, 3].map(|number| user.login(number, NOW));
    for login in ids {
        let id = stage.sign_in(login).await;
        stage.read(id).await;
    }
    stage.store.revoke(revoke(user.session_id(1), NOW)).await.expect("revoke");
    assert!(!stage.is_live(user.session_id(1)).await);
    assert!(stage.is_live(user.session_id(2)).await);
    stage.store.revoke_all(revoke_all(&user, NOW, 1)).await.expect("revoke all");
    for number in [2, 3] {
        assert!(!stage.is_live(user.session_id(number)).await);
    }
}

#[tokio::test]
async fn a_login_that_pushes_another_out_forgets_it() {
    let stage = CacheFixture::with_lease().await;
    let user = TestUser::new("ann");
    let first = stage.sign_in(user.login(1, NOW)).await;
    stage.read(first).await;
    stage.store.create(user.login(2, NOW).limited_to(1)).await.expect("create");
    assert!(!stage.is_live(first).await);
}

/// The operation may be executed although its caller does not wait for the response.
#[tokio::test]
async fn a_change_that_is_given_up_is_forgotten_too() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    {
        let mut given_up = std::pin::pin!(stage.store.revoke(revoke(id, NOW)));
        assert!(futures_util::poll!(&mut given_up).is_pending());
    }
    assert!(!stage.is_cached(id));
}

#[tokio::test]
async fn a_touch_that_finds_nothing_forgets_what_it_was_for() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    let in_use = |at| Touch { session_id: id, at };
    stage.store.touch(&[in_use(after(Duration::from_secs(1)))]).await.expect("touch");
    assert!(stage.is_cached(id), "a touch does not invalidate");
    stage.store.touch(&[in_use(after(LIFETIME))]).await.expect("touch");
    assert!(!stage.is_cached(id));
}

#[tokio::test]
async fn a_tenant_that_is_signed_out_takes_only_its_own_along() {
    let stage = CacheFixture::with_lease().await;
    let (ann, bob, bobs_other) = (
        TestUser::with_tenant("acme", "ann"),
        TestUser::with_tenant("other", "bob").in_bucket(9),
        TestUser::with_tenant("other", "bea").in_bucket(9),
    );
    for user in [&ann, &bob, &bobs_other] {
        let id = stage.sign_in(user.login(1, NOW)).await;
        stage.read(id).await;
    }
    let tenant = RevocationScope::Tenant(TenantId::new("acme").expect("a tenant"));
    stage.store.revoke_mass(revoke_mass(tenant, NOW, 1)).await.expect("revoke");
    let before = stage.counters.snapshot();
    assert!(!matches!(stage.read(ann.session_id(1)).await.status, SessionStatus::Live(_)));
    assert!(stage.is_live(bob.session_id(1)).await);
    assert!(stage.is_live(bobs_other.session_id(1)).await);
    let counts = stage.counters.snapshot();
    assert_eq!(counts.cached - before.cached, 0, "another tenant's sessions are not read again");
    assert_eq!(counts.hits - before.hits, 2);
    // A session from after the revocation needs no read of the revocations.
    let id =
        stage.sign_in(TestUser::with_tenant("acme", "eve").in_bucket(9).login(1, after(Duration::from_secs(1)))).await;
    assert!(stage.is_live(id).await && stage.is_cached(id));
}

/// A node that has not seen activity on a session looks up activity on other nodes, and caches the result.
#[tokio::test]
async fn activity_elsewhere_is_looked_up_once() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.read(id).await;
    let used = after(Duration::from_mins(20));
    stage.other_store.touch(&[Touch { session_id: id, at: used }]).await.expect("touch");
    let last_active = |seen: SessionRead| match seen.status {
        SessionStatus::Live(pass) => pass.clock().last_active,
        other => panic!("not active: {other:?}"),
    };
    assert_eq!(last_active(stage.read(id).await), NOW, "activity is not invalidated");
    stage.reads.read_store(id).await.expect("a read");
    let seen = stage.read(id).await;
    assert!(seen.is_from_cache());
    assert_eq!(last_active(seen), used);
}
