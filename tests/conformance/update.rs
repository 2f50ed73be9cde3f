//! Updates of active sessions.

use std::time::Duration;

use session_authority::domain::{EventKind, EventSubject, SecretHash, Session, UnixMillis};
use session_authority::store::{LoadOutcome, SessionUpdate, StoreError, Touch, UpdateOutcome};

use super::fixture::StoreFixture;
use super::operations::rename;
use super::users::{CreationExt, NOW, TestUser, after, cause};

const LATER: Duration = Duration::from_mins(1);

async fn load_session(f: &StoreFixture, session: &Session) -> Session {
    match f.load(session.id).await.expect("load") {
        LoadOutcome::Found(found) => found.session,
        other => panic!("not found: {other:?}"),
    }
}

pub async fn the_record_is_replaced_with_an_event(f: StoreFixture) {
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.drain().await;

    let update = rename(&session, after(LATER));
    assert_eq!(f.update(update.clone()).await.expect("update"), UpdateOutcome::Updated);
    assert_eq!(load_session(&f, &session).await, update.session);
    let events = f.drain().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::Updated);
    assert_eq!((events[0].at, &events[0].cause), (after(LATER), &cause("renamed")));
    assert_eq!(events[0].subject, EventSubject::Session(Box::new(update.session)));
}

pub async fn another_revision_is_a_conflict(f: StoreFixture) {
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.update(rename(&session, after(LATER))).await.expect("update");
    let before = f.keyspace().await;

    let conflict = UpdateOutcome::Conflict { current: 2 };
    assert_eq!(f.update(rename(&session, after(LATER))).await.expect("update"), conflict);
    let early = SessionUpdate { expected_revision: 3, ..rename(&session, after(LATER)) };
    assert_eq!(f.update(early).await.expect("update"), conflict);
    assert_eq!(f.keyspace().await, before);
}

pub async fn what_is_gone_stays_gone(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.sign_in(ann.login(2, NOW).limited_to(1)).await;
    let before = f.keyspace().await;

    assert_eq!(f.update(rename(&session, after(LATER))).await.expect("update"), UpdateOutcome::NotFound);
    let never = ann.login(3, NOW).session;
    assert_eq!(f.update(rename(&never, after(LATER))).await.expect("update"), UpdateOutcome::NotFound);
    assert_eq!(f.keyspace().await, before);
}

pub async fn secret_and_clock_are_not_written(f: StoreFixture) {
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    let touch = Touch { session_id: session.id, at: after(LATER) };
    f.touch(&[touch]).await.expect("touch");

    let mut update = rename(&session, after(LATER));
    update.session.record.secret = SecretHash([0; 32]);
    update.session.clock.expires_at = UnixMillis::MAX;
    assert_eq!(f.update(update).await.expect("update"), UpdateOutcome::Updated);
    let stored = load_session(&f, &session).await;
    assert_eq!(stored.record.secret, session.record.secret);
    assert_eq!(stored.clock.expires_at, session.clock.expires_at);
    assert_eq!(stored.clock.last_active, after(LATER));
}

pub async fn another_owner_under_the_same_handle_is_a_collision(f: StoreFixture) {
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    let before = f.keyspace().await;

    let mut update = rename(&session, after(LATER));
    update.session.owner = TestUser::with_tenant("evil", "eve").owner;
    let error = f.update(update).await.expect_err("another owner");
    assert!(matches!(error, StoreError::HandleCollision), "{error}");
    assert_eq!(f.keyspace().await, before);
}

pub async fn a_record_over_8_kib_is_refused(f: StoreFixture) {
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    let before = f.keyspace().await;

    let mut update = rename(&session, after(LATER));
    update.session.record.roles = vec!["r".repeat(128); 64];
    let error = f.update(update).await.expect_err("too large");
    assert!(matches!(error, StoreError::RecordTooLarge { .. }), "{error}");
    assert_eq!(f.keyspace().await, before);
}
