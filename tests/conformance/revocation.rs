//! Revocation of one session, or of every session of a user.

use std::time::Duration;

use session_authority::domain::event::RevocationScope;
use session_authority::domain::{EndReason, Event, EventId, EventKind, EventSubject, SecretHash, SessionId};
use session_authority::store::{
    AccessGuard, LoadOutcome, RevocationTarget, SessionRevocation, StoreError, UserRevocation,
};

use super::fixture::{StoreFixture, count_endings, end_summaries, session_of};
use super::operations::{revoke, revoke_all};
use super::users::{CreationExt, NOW, TestUser, after, cause};

const LATER: Duration = Duration::from_mins(1);

fn sorted(mut ids: Vec<SessionId>) -> Vec<SessionId> {
    ids.sort_unstable();
    ids
}

pub async fn one_session_is_revoked_and_the_others_stay(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, NOW)).await;
    f.drain().await;

    let ended = f.revoke(revoke(ann.session_id(1), after(LATER))).await.expect("revoke");
    assert_eq!(end_summaries(&ended), [(ann.session_id(1), EndReason::Revoked, after(LATER))]);
    assert_eq!(f.live_sessions(&ann, after(LATER)).await, [ann.session_id(2)]);
    let events = f.drain().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::Ended(EndReason::Revoked));
    assert_eq!(events[0].cause, cause("signed out"));
}

pub async fn a_second_revocation_finds_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.revoke(revoke(ann.session_id(1), after(LATER))).await.expect("revoke");
    let before = f.keyspace().await;

    assert_eq!(f.revoke(revoke(ann.session_id(1), after(LATER))).await.expect("again"), []);
    assert_eq!(f.revoke(revoke(ann.session_id(2), after(LATER))).await.expect("unknown"), []);
    assert_eq!(f.keyspace().await, before);
}

pub async fn a_session_outside_the_guard_is_not_there(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;
    let before = f.keyspace().await;
    let stranger = TestUser::with_tenant("other", "bob").owner;
    let guards = [
        AccessGuard { tenants: Some(vec![stranger.tenant]), ..AccessGuard::default() },
        AccessGuard { tenants: Some(Vec::new()), ..AccessGuard::default() },
        AccessGuard { user: Some(stranger.user), ..AccessGuard::default() },
        AccessGuard { secret: Some(SecretHash([0; 32])), ..AccessGuard::default() },
    ];

    let device = ann.login(1, NOW).on_device("phone").session.clock.device;
    let by_device = RevocationTarget::Device { handle: ann.handle, device };
    for guard in guards {
        let named = SessionRevocation { guard, ..revoke(ann.session_id(1), after(LATER)) };
        assert_eq!(f.revoke(named.clone()).await.expect("revoke"), [], "{named:?}");
        let by_device = SessionRevocation { target: by_device, ..named };
        assert_eq!(f.revoke(by_device.clone()).await.expect("revoke"), [], "{by_device:?}");
    }
    assert_eq!(f.keyspace().await, before);
}

pub async fn a_session_within_the_guard_is_revoked(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW);
    let guard = AccessGuard {
        tenants: Some(vec![TestUser::with_tenant("other", "bob").owner.tenant, ann.owner.tenant.clone()]),
        user: Some(ann.owner.user.clone()),
        secret: Some(creation.session.record.secret),
    };
    f.sign_in(creation).await;
    assert_eq!(
        f.revoke(SessionRevocation { guard, ..revoke(ann.session_id(1), after(LATER)) }).await.expect("revoke").len(),
        1
    );
}

pub async fn all_sessions_of_a_user_end_with_one_event_each_and_one_for_the_whole(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    for number in 1..=3 {
        f.sign_in(ann.login(number, NOW)).await;
    }
    f.sign_in(bob.login(1, NOW)).await;
    f.drain().await;

    let revoked = f.revoke_all(revoke_all(&ann, after(LATER), 1)).await.expect("revoke all");
    let expected = [1, 2, 3].map(|number| ann.session_id(number));
    assert_eq!(sorted(revoked.session_ids), expected);
    assert!(f.live_sessions(&ann, after(LATER)).await.is_empty());
    assert_eq!(f.live_sessions(&bob, after(LATER)).await, [bob.session_id(1)]);
    assert_eq!(f.expect_tombstone(ann.session_id(2)).await, (EndReason::RevokedAll, after(LATER)));

    let (whole, each): (Vec<Event>, Vec<Event>) =
        f.drain().await.into_iter().partition(|event| event.kind == EventKind::RevokedAll);
    assert_eq!(sorted(each.iter().filter_map(session_of).collect()), expected);
    assert!(each.iter().all(|event| event.kind == EventKind::Ended(EndReason::RevokedAll)));
    let expected = Event {
        id: EventId([1; 16]),
        kind: EventKind::RevokedAll,
        at: after(LATER),
        subject: EventSubject::Scope(RevocationScope::User(ann.owner.clone())),
        cause: cause("all out"),
    };
    assert_eq!(whole, [expected]);
}

pub async fn all_but_one_are_revoked(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in 1..=3 {
        f.sign_in(ann.login(number, NOW)).await;
    }
    let except = Some(ann.session_id(2));
    let revocation = UserRevocation { except, ..revoke_all(&ann, after(LATER), 1) };
    let revoked = f.revoke_all(revocation).await.expect("revoke all");
    assert_eq!(sorted(revoked.session_ids), [1, 3].map(|number| ann.session_id(number)));
    assert_eq!(f.live_sessions(&ann, after(LATER)).await, [ann.session_id(2)]);
}

pub async fn a_user_without_sessions_is_signed_out_too(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let revoked = f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    assert!(revoked.session_ids.is_empty());
    let kinds: Vec<_> = f.drain().await.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::RevokedAll]);
}

pub async fn a_repeated_operation_gives_the_first_outcome_and_does_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, NOW)).await;
    let first = f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    assert_eq!(first.session_ids.len(), 2);
    f.sign_in(ann.login(3, after(LATER))).await;
    let before = f.keyspace().await;

    let again = f.revoke_all(revoke_all(&ann, after(LATER * 2), 1)).await.expect("again");
    assert_eq!(again, first);
    assert_eq!(f.keyspace().await, before);
    assert_eq!(f.live_sessions(&ann, after(LATER * 2)).await, [ann.session_id(3)]);
}

pub async fn another_operation_is_another_act(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    f.sign_in(ann.login(1, after(LATER))).await;
    f.drain().await;
    let second = f.revoke_all(revoke_all(&ann, after(LATER), 2)).await.expect("revoke all");
    assert_eq!(second.session_ids, [ann.session_id(1)]);
    assert_eq!(count_endings(&f.drain().await, EndReason::RevokedAll), 1);
}

pub async fn a_request_id_is_not_taken_for_an_operation(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).requested_as(1)).await;
    let revoked = f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    assert_eq!(revoked.session_ids, [ann.session_id(1)]);
    f.revoke_all(revoke_all(&ann, NOW, 2)).await.expect("revoke all");
    f.sign_in(ann.login(2, after(LATER)).requested_as(2)).await;
}

pub async fn the_latest_64_endings_are_remembered(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in 0..70 {
        f.sign_in(ann.login(number, after(Duration::from_secs(number))).limited_to(1)).await;
    }
    for number in 5..69 {
        assert_eq!(f.expect_tombstone(ann.session_id(number)).await.0, EndReason::Evicted, "{number}");
    }
    for number in 0..5 {
        assert_eq!(f.load(ann.session_id(number)).await.expect("load"), LoadOutcome::NotFound);
    }
}

pub async fn another_owner_under_the_same_handle_is_not_signed_out(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let eve = TestUser { owner: TestUser::with_tenant("evil", "eve").owner, handle: ann.handle };
    f.sign_in(ann.login(1, NOW)).await;
    let before = f.keyspace().await;

    let error = f.revoke_all(revoke_all(&eve, NOW, 1)).await.expect_err("another owner");
    assert!(matches!(error, StoreError::HandleCollision), "{error}");
    assert_eq!(f.keyspace().await, before);
}
