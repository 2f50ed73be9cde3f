//! Sweeps end sessions whose time is up: they free space and report to the audit, and no other operation depends on
//! them.

use std::time::Duration;

use session_authority::domain::{EndReason, EventKind};
use session_authority::store::Touch;

use super::fixture::{StoreFixture, end_summaries, event_kinds};
use super::users::{IDLE, LIFETIME, MARGIN, NOW, TestUser, after};

const MS: Duration = Duration::from_millis(1);

pub async fn each_session_ends_with_its_own_reason_and_time(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    f.sign_in(ann.login(1, NOW)).await;
    let mut short = bob.login(1, NOW);
    short.session.clock.expires_at = after(IDLE);
    f.sign_in(short).await;
    f.drain().await;

    let now = after(IDLE + MARGIN + MS);
    let mut ended = end_summaries(&f.sweep_all(now).await);
    ended.sort_unstable_by_key(|(_, reason, _)| reason.code());
    let expected = [
        (ann.session_id(1), EndReason::IdleTimeout, after(IDLE)),
        (bob.session_id(1), EndReason::Expired, after(IDLE)),
    ];
    assert_eq!(ended, expected);
    let events = f.drain().await;
    assert_eq!(events.len(), 2);
    for (id, reason, at) in expected {
        assert_eq!(event_kinds(&events, id), [EventKind::Ended(reason)]);
        assert_eq!(f.expect_tombstone(id).await, (reason, at));
    }
}

pub async fn what_is_live_is_left_alone(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, after(Duration::from_secs(1)))).await;

    assert_eq!(f.sweep_all(after(IDLE + MARGIN)).await, []);
    let ended = f.sweep_all(after(IDLE + MARGIN + MS)).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(1), EndReason::IdleTimeout, after(IDLE))]);
    assert_eq!(f.live_sessions(&ann, after(IDLE + MARGIN + MS)).await, [ann.session_id(2)]);
}

pub async fn a_second_sweep_finds_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    assert_eq!(f.sweep_all(after(LIFETIME)).await.len(), 1);
    f.drain().await;
    assert_eq!(f.sweep_all(after(LIFETIME)).await, []);
    assert!(f.drain().await.is_empty());
}

pub async fn one_bucket_is_swept_at_a_time(f: StoreFixture) {
    let [ann, bob] = [9, 10].map(|bucket| TestUser::new("ann").in_bucket(bucket));
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(bob.login(1, NOW)).await;

    let swept = f.sweep(ann.bucket(), after(LIFETIME), 100).await.expect("sweep");
    assert_eq!(end_summaries(&swept.ended), [(ann.session_id(1), EndReason::IdleTimeout, after(IDLE))]);
    let swept = f.sweep(bob.bucket(), after(LIFETIME), 100).await.expect("sweep");
    assert_eq!(end_summaries(&swept.ended), [(bob.session_id(1), EndReason::IdleTimeout, after(IDLE))]);
}

pub async fn no_more_users_are_looked_at_than_asked_and_the_rest_is_announced(f: StoreFixture) {
    let users: Vec<_> = (0..10).map(|n| TestUser::new(&format!("user {n}")).in_bucket(9)).collect();
    for user in &users {
        f.sign_in(user.login(1, NOW)).await;
        f.sign_in(user.login(2, NOW)).await;
    }

    let mut total = 0;
    let mut more = true;
    for _ in 0..20 {
        if more {
            let swept = f.sweep(users[0].bucket(), after(LIFETIME), 3).await.expect("sweep");
            assert!(swept.ended.len() <= 6, "{swept:?}");
            total += swept.ended.len();
            more = swept.has_more;
        }
    }
    assert!(!more);
    assert_eq!(total, 20);
}

pub async fn users_in_use_do_not_hide_those_who_are_over(f: StoreFixture) {
    let users: Vec<_> = (0..10).map(|n| TestUser::new(&format!("user {n}")).in_bucket(9)).collect();
    for user in &users {
        f.sign_in(user.login(1, NOW)).await;
    }
    let now = after(IDLE + MARGIN + MS);
    let busy: Vec<_> = users[..9].iter().map(|user| Touch { session_id: user.session_id(1), at: now }).collect();
    f.touch(&busy.iter().map(|t| Touch { at: after(IDLE), ..*t }).collect::<Vec<_>>()).await.expect("touch");

    let mut ended = Vec::new();
    for _ in 0..10 {
        ended.extend(f.sweep(users[0].bucket(), now, 1).await.expect("sweep").ended);
    }
    assert_eq!(end_summaries(&ended), [(users[9].session_id(1), EndReason::IdleTimeout, after(IDLE))]);
}
