//! A live session is given another record.

use std::time::Duration;

use session_authority::domain::{EventKind, SecretHash, Session, Subject, UnixMillis};
use session_authority::store::{Loaded, StoreError, Touch, Update, UpdateOutcome};

use super::acts::rename;
use super::fixture::Fixture;
use super::people::{LoginWith, NOW, User, after, cause};

const LATER: Duration = Duration::from_mins(1);

async fn found(f: &Fixture, session: &Session) -> Session {
    match f.load(session.id).await.expect("load") {
        Loaded::Found(found) => found.session,
        other => panic!("not found: {other:?}"),
    }
}

pub async fn the_record_is_replaced_and_told_of(f: Fixture) {
    let creation = User::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.drain().await;

    let update = rename(&session, after(LATER));
    assert_eq!(f.update(update.clone()).await.expect("update"), UpdateOutcome::Updated);
    assert_eq!(found(&f, &session).await, update.session);
    let events = f.drain().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::Updated);
    assert_eq!((events[0].at, &events[0].cause), (after(LATER), &cause("renamed")));
    assert_eq!(events[0].subject, Subject::Session(Box::new(update.session)));
}

pub async fn another_revision_is_a_conflict(f: Fixture) {
    let creation = User::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.update(rename(&session, after(LATER))).await.expect("update");
    let before = f.keyspace().await;

    let conflict = UpdateOutcome::Conflict { current: 2 };
    assert_eq!(f.update(rename(&session, after(LATER))).await.expect("update"), conflict);
    let early = Update { expected_revision: 3, ..rename(&session, after(LATER)) };
    assert_eq!(f.update(early).await.expect("update"), conflict);
    assert_eq!(f.keyspace().await, before);
}

pub async fn what_is_gone_stays_gone(f: Fixture) {
    let ann = User::new("ann");
    let creation = ann.login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.sign_in(ann.login(2, NOW).limited_to(1)).await;
    let before = f.keyspace().await;

    assert_eq!(f.update(rename(&session, after(LATER))).await.expect("update"), UpdateOutcome::Gone);
    let never = ann.login(3, NOW).session;
    assert_eq!(f.update(rename(&never, after(LATER))).await.expect("update"), UpdateOutcome::Gone);
    assert_eq!(f.keyspace().await, before);
}

pub async fn secret_and_clock_are_not_written(f: Fixture) {
    let creation = User::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    let touch = Touch { session_id: session.id, at: after(LATER) };
    f.touch(&[touch]).await.expect("touch");

    let mut update = rename(&session, after(LATER));
    update.session.record.secret = SecretHash([0; 32]);
    update.session.clock.expires_at = UnixMillis::MAX;
    assert_eq!(f.update(update).await.expect("update"), UpdateOutcome::Updated);
    let stored = found(&f, &session).await;
    assert_eq!(stored.record.secret, session.record.secret);
    assert_eq!(stored.clock.expires_at, session.clock.expires_at);
    assert_eq!(stored.clock.last_active, after(LATER));
}

pub async fn another_owner_under_the_same_handle_is_a_collision(f: Fixture) {
    let creation = User::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    let before = f.keyspace().await;

    let mut update = rename(&session, after(LATER));
    update.session.owner = User::of("evil", "eve").owner;
    let error = f.update(update).await.expect_err("another owner");
    assert!(matches!(error, StoreError::Collision), "{error}");
    assert_eq!(f.keyspace().await, before);
}

pub async fn a_record_over_8_kib_is_refused(f: Fixture) {
    let creation = User::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    let before = f.keyspace().await;

    let mut update = rename(&session, after(LATER));
    update.session.record.roles = vec!["r".repeat(128); 64];
    let error = f.update(update).await.expect_err("too large");
    assert!(matches!(error, StoreError::RecordTooLarge { .. }), "{error}");
    assert_eq!(f.keyspace().await, before);
}
