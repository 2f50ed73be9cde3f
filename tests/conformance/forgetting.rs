//! Erasure of a user.

use std::time::Duration;

use data_encoding::HEXLOWER;
use session_authority::domain::event::RevocationScope;
use session_authority::domain::{EndReason, Event, EventId, EventKind, EventSubject, LoginHistory};
use session_authority::store::{CreateOutcome, HistoryUpdate, LoadOutcome, SessionCreation, StoreError, UserState};

use super::fixture::{StoreFixture, session_of};
use super::operations::{forget, revoke, revoke_all};
use super::users::{CreationExt, LIFETIME, NOW, TestUser, after, cause};

const LATER: Duration = Duration::from_mins(1);

/// Creates all data that a store can have of a user: sessions, active and ended, requests, an operation, a history.
async fn populate_user(f: &StoreFixture, user: &TestUser) {
    f.sign_in(user.login(1, NOW).requested_as(1)).await;
    f.revoke_all(revoke_all(user, NOW, 1)).await.expect("revoke all");
    for number in 2..=4 {
        let mut login = user.login(number, after(LATER));
        if number == 2 {
            login = login.requested_as(2);
        }
        let record = &login.session.record;
        let history = LoginHistory::default().with_login(NOW, &record.location, record.device.tag());
        login.history = Some(HistoryUpdate { history, expected_version: None, keep_for: LIFETIME });
        f.sign_in(login).await;
    }
    f.revoke(revoke(user.session_id(2), after(LATER))).await.expect("revoke");
}

pub async fn all_sessions_end_with_one_event_that_names_nobody(f: StoreFixture) {
    let ann = TestUser::new("ann");
    populate_user(&f, &ann).await;
    f.drain().await;

    let mut ended = f.forget_user(forget(&ann, after(LATER * 2), 9)).await.expect("forget").session_ids;
    ended.sort_unstable();
    assert_eq!(ended, [3, 4].map(|number| ann.session_id(number)));
    let (whole, each): (Vec<Event>, Vec<Event>) =
        f.drain().await.into_iter().partition(|event| event.kind == EventKind::UserForgotten);
    assert_eq!(each.iter().filter_map(session_of).count(), 2);
    assert!(each.iter().all(|event| event.kind == EventKind::Ended(EndReason::RevokedAll)));
    assert!(each.iter().all(|event| event.at == after(LATER * 2)));
    let expected = Event {
        id: EventId([9; 16]),
        kind: EventKind::UserForgotten,
        at: after(LATER * 2),
        subject: EventSubject::Scope(RevocationScope::Tenant(ann.owner.tenant.clone())),
        cause: cause("forgotten"),
    };
    assert_eq!(whole, [expected]);
}

pub async fn nothing_is_left_of_the_user_but_the_floor(f: StoreFixture) {
    let ann = TestUser::new("ann");
    populate_user(&f, &ann).await;
    f.forget_user(forget(&ann, after(LATER * 2), 9)).await.expect("forget");
    f.drain().await;

    let handle = [HEXLOWER.encode(&ann.handle.0), ann.handle.0.escape_ascii().to_string()];
    let of_ann = |row: &&String| handle.iter().any(|handle| row.to_ascii_lowercase().contains(&handle.to_lowercase()));
    let keyspace = f.keyspace().await;
    let left: Vec<_> = keyspace.iter().filter(of_ann).collect();
    assert_eq!(left.len(), 1, "the floor: {left:?}");
    for number in 1..=4 {
        assert_eq!(f.load(ann.session_id(number)).await.expect("load"), LoadOutcome::NotFound);
    }
    let known = f.load_user_state(&ann.owner, ann.handle, after(LATER * 2)).await.expect("user state");
    assert_eq!(known, UserState::default());

    let mut early = ann.login(5, after(LATER * 3)).requested_as(2);
    early.authenticated_at = Some(after(LATER * 2));
    let outcome = f.create(early).await.expect("create");
    assert_eq!(outcome, CreateOutcome::AuthenticatedBeforeRevocation { floor: after(LATER * 2) });
    f.sign_in(ann.login(5, after(LATER * 3)).requested_as(2)).await;
}

/// A login in the same millisecond, or by a clock that is behind, gets a later time.
pub async fn a_session_made_after_it_is_made_later(f: StoreFixture) {
    let ann = TestUser::new("ann");
    populate_user(&f, &ann).await;
    let forgotten = f.forget_user(forget(&ann, after(LATER * 2), 9)).await.expect("forget");
    assert_eq!(forgotten.at, after(LATER * 2));
    f.drain().await;
    for (number, now) in [(5, forgotten.at), (6, forgotten.at.minus(Duration::from_secs(1)))] {
        let login = SessionCreation { authenticated_at: None, ..ann.login(number, now) };
        let outcome = f.create(login).await.expect("create");
        let CreateOutcome::Created { session, .. } = outcome else { panic!("{outcome:?}") };
        assert!(session.record.created_at > forgotten.at);
        assert_eq!(session.record.authenticated_at, session.record.created_at);
        let LoadOutcome::Found(found) = f.load(session.id).await.expect("load") else { panic!("it was made") };
        assert_eq!(found.session, *session);
        let events = f.drain().await;
        assert_eq!(events.iter().map(|event| event.at).collect::<Vec<_>>(), [session.record.created_at]);
    }
}

pub async fn what_is_over_ends_for_its_own_reason(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.drain().await;
    let ended = f.forget_user(forget(&ann, after(LIFETIME), 9)).await.expect("forget").session_ids;
    assert!(ended.is_empty(), "it had ended already: {ended:?}");
    let kinds: Vec<_> = f.drain().await.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Ended(EndReason::IdleTimeout), EventKind::UserForgotten]);
}

pub async fn a_forgetting_that_finds_nothing_is_recorded_too(f: StoreFixture) {
    let [ann, stranger] = ["ann", "stranger"].map(TestUser::new);
    assert!(f.forget_user(forget(&stranger, NOW, 8)).await.expect("forget").session_ids.is_empty());
    assert_eq!(ids(&f.drain().await), [[8; 16]]);
    populate_user(&f, &ann).await;
    f.forget_user(forget(&ann, after(LATER * 2), 9)).await.expect("forget");
    f.drain().await;
    assert!(f.forget_user(forget(&ann, after(LATER * 3), 10)).await.expect("again").session_ids.is_empty());
    assert_eq!(ids(&f.drain().await), [[10; 16]]);
}

fn ids(events: &[Event]) -> Vec<[u8; 16]> {
    events.iter().map(|event| event.id.0).collect()
}

pub async fn others_are_remembered(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    populate_user(&f, &bob).await;
    f.drain().await;
    let before = f.keyspace().await;
    f.forget_user(forget(&ann, after(LATER * 2), 9)).await.expect("forget");
    let after_it = f.keyspace().await;
    assert_eq!(before.difference(&after_it).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(f.live_sessions(&bob, after(LATER * 2)).await.len(), 2);
}

pub async fn another_owner_under_the_same_handle_is_not_forgotten(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let eve = TestUser { owner: TestUser::with_tenant("evil", "eve").owner, handle: ann.handle };
    populate_user(&f, &ann).await;
    let before = f.keyspace().await;

    let error = f.forget_user(forget(&eve, after(LATER * 2), 9)).await.expect_err("another owner");
    assert!(matches!(error, StoreError::HandleCollision), "{error}");
    assert_eq!(f.keyspace().await, before);
}
