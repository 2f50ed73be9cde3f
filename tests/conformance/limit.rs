//! The session limit of a user, and the choice of the session to evict.

use std::time::Duration;

use session_authority::domain::{EndReason, EventKind, limits};
use session_authority::store::{CreateOutcome, Touch};
use tokio::task::JoinSet;

use super::fixture::{StoreFixture, count_endings, end_summaries};
use super::users::{CreationExt, NOW, TestUser, after};

fn second(n: u64) -> session_authority::domain::UnixMillis {
    after(Duration::from_secs(n))
}

pub async fn the_least_recently_active_gives_way(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for (number, at) in [(1, 30), (2, 10), (3, 20)] {
        f.sign_in(ann.login(number, second(at))).await;
    }
    let now = second(60);

    let ended = f.sign_in(ann.login(4, now).limited_to(3)).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(2), EndReason::Evicted, now)]);
    assert_eq!(ended[0].device_name, "Safari on iPhone");
    assert_eq!(f.live_sessions(&ann, now).await, [4, 1, 3].map(|number| ann.session_id(number)));
    assert_eq!(f.expect_tombstone(ann.session_id(2)).await, (EndReason::Evicted, now));
}

pub async fn among_equally_active_ones_the_lower_id_gives_way(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in [2, 1, 3] {
        f.sign_in(ann.login(number, NOW)).await;
    }

    let ended = f.sign_in(ann.login(4, second(60)).limited_to(2)).await;
    let order: Vec<_> = ended.iter().map(|ended| ended.session_id).collect();
    assert_eq!(order, [1, 2].map(|number| ann.session_id(number)));
}

pub async fn a_lower_limit_ends_as_many_as_it_takes_in_order(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for (number, at) in [(1, 30), (2, 10), (3, 50), (4, 20), (5, 40)] {
        f.sign_in(ann.login(number, second(at))).await;
    }

    let ended = f.sign_in(ann.login(6, second(60)).limited_to(2)).await;
    let order: Vec<_> = ended.iter().map(|ended| ended.session_id).collect();
    assert_eq!(order, [2, 4, 1, 5].map(|number| ann.session_id(number)));
    assert_eq!(f.live_sessions(&ann, second(60)).await, [6, 3].map(|number| ann.session_id(number)));
}

pub async fn the_new_session_is_never_the_one_to_go(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, second(60))).await;

    let mut slow_clock = ann.login(2, NOW).limited_to(1);
    slow_clock.now = second(60);
    slow_clock.session.record.set_start(second(60));
    slow_clock.session.clock.last_active = second(60);
    let ended = f.sign_in(slow_clock).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(1), EndReason::Evicted, second(60))]);
    assert_eq!(f.live_sessions(&ann, second(60)).await, [ann.session_id(2)]);
}

pub async fn a_refusal_changes_nothing_at_all(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut short = ann.login(1, NOW);
    short.session.clock.expires_at = second(30);
    f.sign_in(short).await;
    f.sign_in(ann.login(2, NOW)).await;
    f.sign_in(ann.login(3, NOW).on_device("phone")).await;
    let before = f.keyspace().await;

    let mut creation = ann.login(4, second(60)).refused_over(2).requested_as(1);
    creation.touches = vec![Touch { session_id: ann.session_id(2), at: second(50) }];
    let outcome = f.create(creation).await.expect("create");
    assert_eq!(outcome, CreateOutcome::LimitReached { live: 2 });
    assert_eq!(f.keyspace().await, before);
}

pub async fn up_to_256_sessions_are_kept_however_many_are_allowed(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let most = limits::MAX_SESSIONS_PER_USER;
    for number in 0..u64::from(most) {
        f.sign_in(ann.login(number, second(number)).refused_over(most)).await;
    }
    assert_eq!(f.live_sessions(&ann, second(300)).await.len(), usize::from(most));

    let ended = f.sign_in(ann.login(999, second(300)).limited_to(most)).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(0), EndReason::Evicted, second(300))]);
}

pub async fn the_limit_holds_under_100_parallel_creates(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut logins = JoinSet::new();
    for number in 0..100 {
        let (store, ann) = (f.store(), ann.clone());
        logins.spawn(async move { store.create(ann.login(number, NOW).limited_to(5)).await });
    }
    for outcome in logins.join_all().await {
        let outcome = outcome.expect("create");
        assert!(matches!(outcome, CreateOutcome::Created { .. }), "{outcome:?}");
    }

    assert_eq!(f.live_sessions(&ann, NOW).await.len(), 5);
    let events = f.drain().await;
    assert_eq!(events.iter().filter(|event| event.kind == EventKind::Created).count(), 100);
    assert_eq!(count_endings(&events, EndReason::Evicted), 95);
    assert_eq!(events.len(), 195);
}

pub async fn exactly_the_limit_is_let_in_of_100_parallel_creates(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut logins = JoinSet::new();
    for number in 0..100 {
        let (store, ann) = (f.store(), ann.clone());
        logins.spawn(async move { store.create(ann.login(number, NOW).refused_over(5)).await });
    }
    let outcomes = logins.join_all().await.into_iter().map(|outcome| outcome.expect("create"));
    let (made, refused): (Vec<_>, Vec<_>) =
        outcomes.partition(|outcome| matches!(outcome, CreateOutcome::Created { .. }));

    assert_eq!(made.len(), 5);
    let expected = CreateOutcome::LimitReached { live: 5 };
    assert!(refused.iter().all(|outcome| *outcome == expected), "{refused:?}");
    assert_eq!(f.live_sessions(&ann, NOW).await.len(), 5);
    assert_eq!(f.drain().await.len(), 5);
}
