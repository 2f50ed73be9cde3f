//! What is given out under which proof.

use std::sync::Arc;
use std::time::Duration;

use session_authority::cache::{Fallback, Standing};
use session_authority::clock::Clock;
use session_authority::domain::Bucket;
use session_authority::store::ChangeListener;

use super::stage::{BOUND, Stage};
use crate::conformance::acts::revoke;
use crate::conformance::people::{NOW, User};

#[tokio::test]
async fn a_second_read_is_answered_from_memory_as_of_the_proof() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    let first = stage.seen(id).await;
    assert!(!first.from_memory);
    stage.clock.advance(Duration::from_millis(100));
    let second = stage.seen(id).await;
    assert!(second.from_memory);
    assert_eq!(second.as_of, NOW, "not the time of the answer: nothing later is proven");
    assert!(matches!(second.standing, Standing::Live(pass) if &pass.answer[..] == id.to_string().as_bytes()));
    let counts = stage.counted.so_far();
    assert_eq!((counts.kept, counts.hits), (1, 1));
}

#[tokio::test]
async fn at_the_bound_what_is_kept_is_not_given_out() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    let last = Duration::from_millis(1);
    stage.clock.advance(BOUND.saturating_sub(last));
    assert!(stage.is_at_hand(id));
    stage.clock.advance(last);
    assert!(!stage.is_at_hand(id));
    stage.renew();
    assert!(stage.is_at_hand(id), "it was kept all the time");
}

#[tokio::test]
async fn a_renewal_that_is_asked_for_is_waited_for() {
    let stage = Arc::new(Stage::proven().await);
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    stage.clock.advance(BOUND);
    let prober = Arc::clone(&stage);
    let renewed = async move {
        prober.lease.wanted().await;
        prober.renew();
    };
    let (seen, ()) = tokio::join!(stage.seen(id), renewed);
    assert!(seen.from_memory);
    assert_eq!(seen.as_of, stage.clock.now());
}

#[tokio::test]
async fn without_a_renewal_the_store_is_read() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    stage.elsewhere.revoke(revoke(id, NOW)).await.expect("revoke");
    assert!(stage.is_live(id).await, "under a proof that is young enough");
    stage.clock.advance(BOUND);
    assert!(!stage.is_live(id).await);
    assert_eq!(stage.counted.so_far().fallbacks, [Fallback::Silent]);
}

/// Who renews a lease vouches for all having been told: it is believed, also when it was not so.
#[tokio::test]
async fn twin_a_lease_that_is_renewed_without_telling_is_believed() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    stage.elsewhere.revoke(revoke(id, NOW)).await.expect("revoke");
    for _ in 0..10 {
        stage.clock.advance(BOUND);
        stage.renew();
        assert!(stage.is_live(id).await, "a lease that is renewed although the change was not told");
    }
}

#[tokio::test]
async fn where_nobody_tells_of_changes_the_store_is_read_each_time() {
    let stage = Stage::untold(1 << 20).await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    for _ in 0..2 {
        assert!(!stage.seen(id).await.from_memory);
    }
    assert_eq!(stage.counted.so_far().fallbacks, [Fallback::Untold; 2]);
}

#[tokio::test]
async fn who_waits_for_a_lease_that_ends_reads_the_store_at_once() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    stage.clock.advance(BOUND);
    let ended = async {
        stage.lease.wanted().await;
        for bucket in Bucket::all() {
            stage.near.detached(bucket, &stage.lease);
        }
        stage.lease.end();
    };
    let (seen, ()) = tokio::join!(stage.seen(id), ended);
    assert!(!seen.from_memory);
    assert_eq!(stage.counted.so_far().fallbacks, [Fallback::Untold]);
}

#[tokio::test]
async fn what_the_store_says_of_a_session_passes_what_is_kept_by() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    stage.elsewhere.revoke(revoke(id, NOW)).await.expect("revoke");
    assert!(matches!(stage.reads.stored(id).await.expect("a read").standing, Standing::Ended(_)));
}

#[tokio::test]
async fn a_strong_read_needs_no_young_proof_and_is_as_of_its_beginning() {
    let stage = Stage::proven().await;
    let id = stage.signed_in(User::new("ann").login(1, NOW)).await;
    stage.seen(id).await;
    stage.clock.advance(BOUND * 2);
    let seen = stage.reads.strong(id).await.expect("a read");
    assert!(seen.from_memory && matches!(seen.standing, Standing::Live(_)));
    assert_eq!(seen.as_of, stage.clock.now());
}
