//! Every change appends one event, which stays until it is deleted.

use std::time::Duration;

use session_authority::domain::{Bucket, EndReason, EventId, EventKind, EventSubject};
use session_authority::store::{Backlog, CreateOutcome, OutboxPosition, Touch};

use super::fixture::{StoreFixture, event_kinds, session_of};
use super::operations::{rename, revoke, revoke_all};
use super::users::{CreationExt, LIFETIME, NOW, TestUser, after, cause};

const LATER: Duration = Duration::from_mins(1);

/// Makes every kind of change: session 1 is updated and evicted, 2 is replaced, 3 is revoked, 4 is revoked with all
/// others, and 5 idles out.
async fn make_every_change(f: &StoreFixture, ann: &TestUser) {
    let first = ann.login(1, NOW);
    let session = first.session.clone();
    f.sign_in(first).await;
    f.update(rename(&session, NOW)).await.expect("update");
    f.sign_in(ann.login(2, NOW).on_device("phone").limited_to(1)).await;
    f.sign_in(ann.login(3, NOW).on_device("phone").limited_to(1)).await;
    f.revoke(revoke(ann.session_id(3), NOW)).await.expect("revoke");
    f.sign_in(ann.login(4, NOW)).await;
    f.revoke_all(revoke_all(ann, NOW, 1)).await.expect("revoke all");
    f.sign_in(ann.login(5, after(LATER))).await;
    f.sweep_all(after(LIFETIME + LATER)).await;
}

pub async fn every_change_is_one_event_in_the_order_of_the_changes(f: StoreFixture) {
    let ann = TestUser::new("ann");
    make_every_change(&f, &ann).await;
    let events = f.drain().await;

    let expected = [
        vec![EventKind::Created, EventKind::Updated, EventKind::Ended(EndReason::Evicted)],
        vec![EventKind::Created, EventKind::Ended(EndReason::Replaced)],
        vec![EventKind::Created, EventKind::Ended(EndReason::Revoked)],
        vec![EventKind::Created, EventKind::Ended(EndReason::RevokedAll)],
        vec![EventKind::Created, EventKind::Ended(EndReason::IdleTimeout)],
    ];
    for (number, expected) in (1..).zip(&expected) {
        assert_eq!(&event_kinds(&events, ann.session_id(number)), expected, "session {number}");
    }
    assert_eq!(events.len(), expected.iter().map(Vec::len).sum::<usize>() + 1);
    let begun = events.iter().filter(|event| event.kind == EventKind::Created);
    let expected = (1..=5).map(|number| Some(ann.session_id(number)));
    assert_eq!(begun.map(session_of).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

pub async fn events_bear_ids_derived_from_what_happened(f: StoreFixture) {
    let ann = TestUser::new("ann");
    make_every_change(&f, &ann).await;
    for event in f.drain().await {
        let expected = match &event.subject {
            EventSubject::Session(session) => EventId::from_session(event.kind, session.id, session.record.revision),
            EventSubject::Acknowledgement { acknowledged, .. } => EventId::from_acknowledgement(*acknowledged),
            EventSubject::Scope(_) | EventSubject::DeniedJwts { .. } | EventSubject::AuthFailure(_) => EventId([1; 16]),
        };
        assert_eq!(event.id, expected, "{event:?}");
    }
}

pub async fn an_event_has_the_session_as_it_was(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW).on_device("phone");
    let mut session = creation.session.clone();
    f.sign_in(creation).await;
    let touch = Touch { session_id: session.id, at: after(LATER) };
    f.touch(&[touch]).await.expect("touch");
    f.sign_in(ann.login(2, after(LATER * 2)).limited_to(1)).await;

    let events = f.drain().await;
    assert_eq!(events[0].subject, EventSubject::Session(Box::new(session.clone())));
    assert_eq!((events[0].at, &events[0].cause), (NOW, &cause("signed in")));
    session.clock.last_active = after(LATER);
    let ending = events.iter().find(|e| e.kind == EventKind::Ended(EndReason::Evicted));
    let ending = ending.expect("an ending");
    assert_eq!(ending.subject, EventSubject::Session(Box::new(session)));
    assert_eq!(ending.at, after(LATER * 2));
}

pub async fn what_changes_nothing_leaves_no_event(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).requested_as(1)).await;
    f.drain().await;

    f.create(ann.login(2, NOW).requested_as(1)).await.expect("a repeat");
    let refused = f.create(ann.login(3, NOW).refused_over(1)).await.expect("a refusal");
    assert_eq!(refused, CreateOutcome::LimitReached { live: 1 });
    let touch = Touch { session_id: ann.session_id(1), at: after(LATER) };
    f.touch(&[touch]).await.expect("touch");
    f.load(ann.session_id(1)).await.expect("load");
    f.live_sessions(&ann, NOW).await;
    f.sweep_all(NOW).await;
    assert!(f.drain().await.is_empty());
}

pub async fn events_wait_in_order_until_exactly_they_are_deleted(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in 1..=5 {
        f.sign_in(ann.login(number, NOW)).await;
    }
    let order = |pending: &[session_authority::store::PendingEvent]| -> Vec<_> {
        pending.iter().map(|p| session_of(p.event.as_ref().expect("an event"))).collect()
    };
    let ids = |numbers: &[u64]| -> Vec<_> { numbers.iter().map(|number| Some(ann.session_id(*number))).collect() };

    let pending = f.read_outbox(Bucket::ALL, 3).await.expect("read");
    assert_eq!(order(&pending), ids(&[1, 2, 3]));
    assert_eq!(order(&f.read_outbox(Bucket::ALL, 100).await.expect("read")), ids(&[1, 2, 3, 4, 5]));
    let positions: Vec<OutboxPosition> = [0, 2].map(|n: usize| pending[n].position.clone()).into();
    f.delete_from_outbox(&positions).await.expect("delete");
    f.delete_from_outbox(&positions).await.expect("entries that no longer exist are skipped");
    f.delete_from_outbox(&[]).await.expect("nothing to delete");
    assert_eq!(order(&f.read_outbox(Bucket::ALL, 100).await.expect("read")), ids(&[2, 4, 5]));
}

pub async fn each_bucket_gives_its_oldest_events(f: StoreFixture) {
    let users: Vec<_> = (0..=255).map(|bucket| TestUser::new("ann").in_bucket(bucket)).collect();
    for number in 1..=2 {
        for user in &users {
            f.sign_in(user.login(number, NOW)).await;
        }
    }
    let pending = f.read_outbox(Bucket::ALL, 1).await.expect("read");
    assert_eq!(pending.len(), 256);
    for pending in &pending {
        let EventSubject::Session(session) = &pending.event.as_ref().expect("an event").subject else {
            panic!("not an event of a session: {pending:?}");
        };
        assert_eq!(session.id.unique, 1_u64.to_be_bytes());
        assert_eq!(pending.position.bucket, session.id.handle.bucket());
    }
}

pub async fn the_backlog_has_the_number_and_age_of_pending_events(f: StoreFixture) {
    assert_eq!(f.backlog().await.expect("backlog"), Backlog::default());
    let before = f.time().await.expect("time");
    for number in 1..=3 {
        f.sign_in(TestUser::new(&format!("user {number}")).login(number, NOW)).await;
    }
    let after = f.time().await.expect("time");

    let backlog = f.backlog().await.expect("backlog");
    assert_eq!(backlog.events, 3);
    let oldest = backlog.oldest.expect("the oldest");
    assert!(before <= oldest && oldest <= after, "{before} {oldest} {after}");
    f.drain().await;
    assert_eq!(f.backlog().await.expect("backlog"), Backlog::default());
}
