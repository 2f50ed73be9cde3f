//! The promise, looked at while running.

use session_authority::cache::SpotCheck;
use session_authority::store::{Change, ChangeListener};

use super::stage::Stage;
use crate::conformance::acts::revoke;
use crate::conformance::people::{NOW, User};

#[tokio::test]
async fn finds_what_is_given_out_although_it_has_ended() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    assert_eq!(stage.reads.spot_check().await.expect("a look"), SpotCheck::Nothing);
    for _ in 0..2 {
        stage.seen(id).await;
    }
    assert_eq!(stage.reads.spot_check().await.expect("a look"), SpotCheck::Right);

    // Nobody tells of it, and the lease goes on.
    stage.elsewhere.revoke(revoke(id, NOW)).await.expect("revoke");
    stage.seen(id).await;
    assert_eq!(stage.reads.spot_check().await.expect("a look"), SpotCheck::Outdated(id));
    assert_eq!(stage.counted.so_far().outdated, 1);
}

#[tokio::test]
async fn what_is_forgotten_within_the_bound_was_right() {
    let stage = Stage::proven().await;
    let user = User::new("ann");
    let id = stage.signed_in(user.login(1, NOW)).await;
    for _ in 0..2 {
        stage.seen(id).await;
    }
    stage.elsewhere.revoke(revoke(id, NOW)).await.expect("revoke");
    let told = async {
        // Not before the look has begun.
        tokio::task::yield_now().await;
        stage.near.changed(Change::User(user.handle));
    };
    let (check, ()) = tokio::join!(stage.reads.spot_check(), told);
    assert_eq!(check.expect("a look"), SpotCheck::Right);
    assert_eq!(stage.counted.so_far().outdated, 0);
}
