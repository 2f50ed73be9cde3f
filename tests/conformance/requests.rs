//! A repeated Create returns the session of the first one.

use std::time::Duration;

use session_authority::domain::limits;
use session_authority::store::{CreateOutcome, RequestKey, SessionCreation};
use tokio::task::JoinSet;

use super::fixture::StoreFixture;
use super::operations::{revoke, revoke_all};
use super::users::{CreationExt, LIFETIME, NOW, TestUser, after};

const LATER: Duration = Duration::from_mins(1);

fn key_of(creation: &SessionCreation) -> RequestKey {
    creation.request.expect("a request key")
}

/// Returns the ID of the repeated session, with the key of its creation.
fn expect_repeated(outcome: CreateOutcome) -> (session_authority::domain::SessionId, RequestKey) {
    match outcome {
        CreateOutcome::Repeated { session, request } => (session.id, request),
        other => panic!("not recognised as a repeat: {other:?}"),
    }
}

pub async fn a_repeat_is_answered_with_the_first_session_and_its_key(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let first = ann.login(1, NOW).requested_as(1);
    f.sign_in(first.clone()).await;
    let before = f.keyspace().await;

    let repeat = ann.login(2, after(LATER)).requested_as(1);
    let expected = CreateOutcome::Repeated { session: Box::new(first.session.clone()), request: key_of(&first) };
    assert_eq!(f.create(repeat).await.expect("create"), expected);
    assert_eq!(f.keyspace().await, before);
}

pub async fn another_body_under_the_same_id_is_distinguished(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).requested_as(1)).await;
    let before = f.keyspace().await;

    let mut other = ann.login(2, NOW).requested_as(1);
    other.request = Some(RequestKey { body: [8; 16], ..key_of(&other) });
    assert_eq!(f.create(other).await.expect("create"), CreateOutcome::RequestIdReused);
    assert_eq!(f.keyspace().await, before);
}

pub async fn a_repeat_after_the_end_makes_no_new_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).requested_as(1)).await;
    f.sign_in(ann.login(2, NOW).requested_as(2)).await;
    f.revoke(revoke(ann.session_id(1), NOW)).await.expect("revoke");
    let before = f.keyspace().await;

    let revoked = ann.login(3, NOW).requested_as(1);
    assert_eq!(f.create(revoked).await.expect("create"), CreateOutcome::RepeatedEnded);
    let over = ann.login(4, after(LIFETIME)).requested_as(2);
    assert_eq!(f.create(over).await.expect("create"), CreateOutcome::RepeatedEnded);
    assert_eq!(f.keyspace().await, before);
}

pub async fn twenty_parallel_repeats_make_one_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut logins = JoinSet::new();
    for number in 0..20 {
        let (store, ann) = (f.store(), ann.clone());
        logins.spawn(async move { store.create(ann.login(number, NOW).requested_as(1)).await });
    }
    let outcomes = logins.join_all().await.into_iter().map(|outcome| outcome.expect("create"));
    let (made, others): (Vec<_>, Vec<_>) =
        outcomes.partition(|outcome| matches!(outcome, CreateOutcome::Created { .. }));

    assert_eq!(made.len(), 1);
    let live = f.live_sessions(&ann, NOW).await;
    assert_eq!(live.len(), 1);
    let [.., unique] = live[0].unique;
    for (id, key) in others.into_iter().map(expect_repeated) {
        assert_eq!((id, key.nonce, key.key_id), (live[0], [unique; 16], unique));
    }
    assert_eq!(f.drain().await.len(), 1);
}

pub async fn a_repeat_is_recognised_before_floor_and_limit_are_looked_at(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).requested_as(1).refused_over(1)).await;
    let repeat = ann.login(2, NOW).requested_as(1).refused_over(1);
    assert_eq!(expect_repeated(f.create(repeat.clone()).await.expect("create")).0, ann.session_id(1));

    f.revoke_all(revoke_all(&ann, NOW, 9)).await.expect("revoke all");
    assert_eq!(f.create(repeat).await.expect("create"), CreateOutcome::RepeatedEnded);
}

pub async fn request_ids_of_two_users_have_nothing_to_do_with_each_other(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    f.sign_in(ann.login(1, NOW).requested_as(1)).await;
    f.sign_in(bob.login(1, NOW).requested_as(1)).await;
}

pub async fn a_refused_request_may_be_sent_again(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let refused = f.create(ann.login(2, NOW).requested_as(1).refused_over(1)).await;
    assert_eq!(refused.expect("create"), CreateOutcome::LimitReached { live: 1 });

    f.sign_in(ann.login(2, NOW).requested_as(1).refused_over(2)).await;
}

pub async fn a_request_id_is_forgotten_after_a_day(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut first = ann.login(1, NOW).requested_as(1);
    first.session.clock.idle_timeout = Duration::ZERO;
    first.session.clock.expires_at = after(limits::REQUEST_ID_RETENTION * 2);
    f.sign_in(first).await;

    let soon = ann.login(2, after(limits::REQUEST_ID_RETENTION).minus(LATER)).requested_as(1);
    assert_eq!(expect_repeated(f.create(soon).await.expect("create")).0, ann.session_id(1));
    f.sign_in(ann.login(3, after(limits::REQUEST_ID_RETENTION + LATER)).requested_as(1)).await;
}

pub async fn the_latest_64_request_ids_are_remembered(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in 0..70 {
        let now = after(Duration::from_secs(number));
        let id = u8::try_from(number).expect("a small number");
        f.sign_in(ann.login(number, now).requested_as(id).limited_to(256)).await;
    }
    let now = after(LATER * 2);
    for id in 6..70 {
        let repeat = f.create(ann.login(100, now).requested_as(id).limited_to(256)).await;
        assert_eq!(expect_repeated(repeat.expect("create")).0, ann.session_id(id.into()));
    }
    f.sign_in(ann.login(100, now).requested_as(0).limited_to(256)).await;
}
