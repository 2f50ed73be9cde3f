//! Cached entries and their memory.

use std::sync::Arc;

use session_authority::domain::{Bucket, SessionId, UserHandle};
use session_authority::near_cache::{
    CacheLookup, CacheMemory, SessionStatus,
    source::{Invalidation, InvalidationListener, Lease},
};

use super::cache_fixture::CacheFixture;
use crate::conformance::operations::revoke;
use crate::conformance::users::{NOW, TestUser};

#[tokio::test]
async fn who_asks_for_the_same_session_at_the_same_time_shares_one_read() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    let together = futures_util::future::join_all((0..20).map(|_| stage.read(id))).await;
    assert!(together.iter().all(|seen| matches!(seen.status, SessionStatus::Live(_))));
    let counts = stage.counters.snapshot();
    assert_eq!((counts.cached, counts.joined, counts.hits), (1, 19, 0));
}

#[tokio::test]
async fn who_gives_up_takes_nobody_along() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    {
        let mut first = std::pin::pin!(stage.read(id));
        assert!(futures_util::poll!(&mut first).is_pending());
    }
    assert!(stage.is_live(id).await);
}

#[tokio::test]
async fn an_end_is_kept_as_well() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    stage.other_store.revoke(revoke(id, NOW)).await.expect("revoke");
    let missing = TestUser::new("bob").session_id(7);
    for id in [id, missing] {
        assert!(!stage.read(id).await.is_from_cache());
        assert!(stage.read(id).await.is_from_cache());
    }
    assert!(
        matches!(stage.read(id).await.status, SessionStatus::Ended(tombstone) if tombstone.cause.actor == "admin:eve")
    );
    assert!(matches!(stage.read(missing).await.status, SessionStatus::Missing));
}

#[tokio::test]
async fn what_was_used_least_recently_gives_way() {
    let stage = CacheFixture::without_tracking(256 * 4_096).await;
    stage.attach();
    stage.renew();
    let mut ids = Vec::new();
    for number in 0..20 {
        let user = TestUser::new(&format!("user {number}")).in_bucket(3);
        ids.push(stage.sign_in(user.login(1, NOW)).await);
    }
    for id in &ids {
        stage.read(*id).await;
        stage.read(ids[0]).await;
    }
    assert!(stage.memory.size().bytes <= 4_096, "all sessions are in one bucket: {:?}", stage.memory.size());
    assert!(stage.is_cached(ids[0]), "it was used continuously");
    assert!(stage.is_cached(ids[19]));
    assert!(!stage.is_cached(ids[1]));
}

/// A million reads take no more than the share of each bucket. They need no store.
#[test]
fn however_many_sessions_are_read_memory_is_bounded() {
    const BYTES: usize = 4 << 20;
    let memory = CacheMemory::new(BYTES);
    let lease = Arc::new(Lease::new_permanent());
    for bucket in Bucket::all() {
        memory.attach(bucket, &lease);
    }
    for number in 0..1_000_000_u64 {
        let mut handle = [0; UserHandle::BYTES];
        handle[..8].copy_from_slice(&number.to_le_bytes());
        let id = SessionId { handle: UserHandle(handle), unique: number.to_be_bytes() };
        let CacheLookup::Miss(ticket) = memory.look_up(id, |_| true) else { panic!("it was never cached") };
        assert!(memory.insert(&ticket, id, SessionStatus::Missing, 0));
    }
    let size = memory.size();
    assert!(size.bytes <= BYTES && size.bytes > BYTES * 9 / 10, "{size:?}");
    assert!(size.sessions > 10_000, "{size:?}");
}

/// A result that was read before a change is not cached after it; with a ticket taken after the read it would be.
#[tokio::test]
async fn what_was_read_before_a_change_is_not_kept_after_it() {
    let stage = CacheFixture::with_lease().await;
    let user = TestUser::new("ann");
    let id = stage.sign_in(user.login(1, NOW)).await;
    let CacheLookup::Miss(ticket) = stage.memory.look_up(id, |_| true) else { panic!("it was never read") };
    let read_before = SessionStatus::Missing;
    stage.memory.invalidate(Invalidation::User(user.handle));
    assert!(!stage.memory.insert(&ticket, id, read_before.clone(), 0));
    assert!(stage.is_live(id).await);

    stage.memory.invalidate(Invalidation::User(user.handle));
    let CacheLookup::Miss(too_late) = stage.memory.look_up(id, |_| true) else { panic!("it was invalidated") };
    assert!(
        stage.memory.insert(&too_late, id, read_before, 0),
        "the cache cannot know that it is older than the ticket"
    );
    assert!(!stage.is_live(id).await, "therefore an active session appears to be missing");
}

#[tokio::test]
async fn what_was_read_over_one_connection_is_not_kept_under_another() {
    let stage = CacheFixture::with_lease().await;
    let id = stage.sign_in(TestUser::new("ann").login(1, NOW)).await;
    let CacheLookup::Miss(ticket) = stage.memory.look_up(id, |_| true) else { panic!("it was never read") };
    let bucket = id.handle.bucket();
    let next = Arc::new(Lease::new_permanent());
    stage.memory.detach(bucket, &stage.lease);
    stage.memory.attach(bucket, &next);
    assert!(!stage.memory.insert(&ticket, id, SessionStatus::Missing, 0));
    // The first lease is detached late.
    stage.memory.detach(bucket, &stage.lease);
    assert!(stage.is_live(id).await);
    assert!(stage.is_cached(id));
}
