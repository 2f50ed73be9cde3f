//! What a change makes a node forget.

use std::time::Duration;

use session_authority::cache::{Seen, Standing};
use session_authority::domain::TenantId;
use session_authority::domain::event::Scope;
use session_authority::store::{Change, ChangeListener, SessionStore, Touch};

use super::stage::Stage;
use crate::conformance::acts::{revoke, revoke_all, revoke_mass};
use crate::conformance::people::{LIFETIME, LoginWith, NOW, User, after};

#[tokio::test]
async fn a_change_that_is_told_is_seen_at_once() {
    let stage = Stage::proven().await;
    let (ann, bob) = (User::new("ann"), User::new("bob"));
    let ids = [stage.signed_in(ann.login(1, NOW)).await, stage.signed_in(bob.login(1, NOW)).await];
    for id in ids {
        stage.seen(id).await;
    }
    stage.elsewhere.revoke(revoke(ids[0], NOW)).await.expect("revoke");
    stage.near.changed(Change::User(ann.handle));
    assert!(!stage.is_live(ids[0]).await);
    assert!(stage.is_at_hand(ids[1]), "another user's session is none of it");
}

#[tokio::test]
async fn whoever_revokes_here_is_never_shown_what_was_before() {
    let stage = Stage::proven().await;
    let user = User::new("ann");
    let ids = [1, 2, 3].map(|number| user.login(number, NOW));
    for login in ids {
        let id = stage.signed_in(login).await;
        stage.seen(id).await;
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
    let stage = Stage::proven().await;
    let user = User::new("ann");
    let first = stage.signed_in(user.login(1, NOW)).await;
    stage.seen(first).await;
    stage.store.create(user.login(2, NOW).limited_to(1)).await.expect("create");
    assert!(!stage.is_live(first).await);
}

/// The step may be carried out although nobody waits for its answer.
#[tokio::test]
async fn a_change_that_is_given_up_is_forgotten_too() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    {
        let mut given_up = std::pin::pin!(stage.store.revoke(revoke(id, NOW)));
        assert!(futures_util::poll!(&mut given_up).is_pending());
    }
    assert!(!stage.is_at_hand(id));
}

#[tokio::test]
async fn a_touch_that_finds_nothing_forgets_what_it_was_for() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    let in_use = |at| Touch { session_id: id, at };
    stage.store.touch(&[in_use(after(Duration::from_secs(1)))]).await.expect("touch");
    assert!(stage.is_at_hand(id), "a touch is no change of what is kept");
    stage.store.touch(&[in_use(after(LIFETIME))]).await.expect("touch");
    assert!(!stage.is_at_hand(id));
}

#[tokio::test]
async fn a_tenant_that_is_signed_out_takes_only_its_own_along() {
    let stage = Stage::proven().await;
    let (ann, bob, bobs_other) =
        (User::of("acme", "ann"), User::of("other", "bob").in_bucket(9), User::of("other", "bea").in_bucket(9));
    for user in [&ann, &bob, &bobs_other] {
        let id = stage.signed_in(user.login(1, NOW)).await;
        stage.seen(id).await;
    }
    let tenant = Scope::Tenant(TenantId::new("acme").expect("a tenant"));
    stage.store.revoke_mass(revoke_mass(tenant, NOW, 1)).await.expect("revoke");
    let before = stage.counted.so_far();
    assert!(!matches!(stage.seen(ann.session_id(1)).await.standing, Standing::Live(_)));
    assert!(stage.is_live(bob.session_id(1)).await);
    assert!(stage.is_live(bobs_other.session_id(1)).await);
    let counts = stage.counted.so_far();
    assert_eq!(counts.kept - before.kept, 0, "another tenant's sessions are not read again");
    assert_eq!(counts.hits - before.hits, 2);
    // Of the new time there is nothing to ask.
    let id = stage.signed_in(User::of("acme", "eve").in_bucket(9).login(1, after(Duration::from_secs(1)))).await;
    assert!(stage.is_live(id).await && stage.is_at_hand(id));
}

/// A node where a session was not used looks up whether it was elsewhere, and need not do so again.
#[tokio::test]
async fn activity_elsewhere_is_looked_up_once() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    let used = after(Duration::from_mins(20));
    stage.elsewhere.touch(&[Touch { session_id: id, at: used }]).await.expect("touch");
    let last_active = |seen: Seen| match seen.standing {
        Standing::Live(pass) => pass.clock().last_active,
        other => panic!("not live: {other:?}"),
    };
    assert_eq!(last_active(stage.seen(id).await), NOW, "that is not told");
    stage.reads.stored(id).await.expect("a read");
    let seen = stage.seen(id).await;
    assert!(seen.from_memory);
    assert_eq!(last_active(seen), used);
}
