//! Tests of each operation.

use super::*;
use crate::{
    domain::{Event, EventKind, FormerClient},
    store::{LoadOutcome, RequestKey, SessionUpdate, StoreError, Tombstone, Touch, UpdateOutcome},
};

async fn events(store: &SqliteSessionStore) -> Vec<Event> {
    let pending = store.read_outbox(Bucket::ALL, 100).await.expect("read");
    let positions: Vec<_> = pending.iter().map(|pending| pending.position.clone()).collect();
    store.delete_from_outbox(&positions).await.expect("delete");
    pending.into_iter().map(|pending| pending.event.expect("event")).collect()
}

async fn kinds(store: &SqliteSessionStore) -> Vec<EventKind> {
    events(store).await.into_iter().map(|event| event.kind).collect()
}

async fn listed(store: &SqliteSessionStore, now: UnixMillis) -> Vec<u8> {
    let owner = owner("ann");
    let sessions = store.list(&owner, handle(&owner), &[], now).await.expect("list");
    sessions.iter().map(|session| session.id.unique[0]).collect()
}

fn touch(unique: u8, at: UnixMillis) -> Touch {
    Touch { session_id: session(unique).id, at }
}

#[tokio::test]
async fn a_session_over_the_limit_evicts_the_least_recently_active() {
    let store = in_memory().await;
    for unique in 1..=3 {
        created(&store, unique).await;
    }
    let now = NOW.plus(HOUR / 2);
    let more = SessionCreation { now, touches: vec![touch(1, now)], ..creation(session(4)) };
    let CreateOutcome::Created { ended, .. } = store.create(more).await.expect("create") else { panic!("not created") };
    let [ended] = ended.as_slice() else { panic!("one ends: {ended:?}") };
    assert_eq!((ended.session_id, ended.reason, ended.at), (session(2).id, EndReason::Evicted, now));
    assert_eq!(ended.device_name, "phone 2");
    assert_eq!(listed(&store, now).await, [4, 1, 3]);
    let kinds = kinds(&store).await;
    assert_eq!(kinds[3..], [EventKind::Ended(EndReason::Evicted), EventKind::Created]);
}

#[tokio::test]
async fn a_refusal_changes_nothing() {
    let store = in_memory().await;
    created(&store, 1).await;
    created(&store, 2).await;
    let late = SessionCreation {
        now: NOW.plus(3 * HOUR / 2),
        limit: 1,
        on_limit: LimitAction::Refuse,
        touches: vec![touch(1, NOW.plus(HOUR))],
        ..creation(session(3))
    };
    assert_eq!(store.create(late).await.expect("create"), CreateOutcome::LimitReached { live: 1 });
    assert_eq!(kinds(&store).await, [EventKind::Created; 2]);
    assert_eq!(listed(&store, NOW).await, [2, 1]);
}

#[tokio::test]
async fn a_named_device_is_signed_in_once() {
    let store = in_memory().await;
    let named = |unique| {
        let mut session = session(unique);
        session.clock.device = [5; 8];
        session.record.device.named_by_caller = true;
        session
    };
    store.create(creation(named(1))).await.expect("create");
    let again = SessionCreation { limit: 1, on_limit: LimitAction::Refuse, ..creation(named(2)) };
    let CreateOutcome::Created { ended, .. } = store.create(again).await.expect("create") else { panic!("refused") };
    assert_eq!(ended[0].reason, EndReason::Replaced);
    assert_eq!(listed(&store, NOW).await, [2]);
}

#[tokio::test]
async fn a_repeated_request_finds_its_session() {
    let store = in_memory().await;
    let key = RequestKey { id: [1; 16], body: [2; 16], nonce: [3; 16], key_id: 4 };
    let first = session(1);
    store.create(SessionCreation { request: Some(key), ..creation(first.clone()) }).await.expect("create");

    let again = |nonce| SessionCreation { request: Some(RequestKey { nonce, ..key }), ..creation(session(2)) };
    let repeated = CreateOutcome::Repeated { session: Box::new(first.clone()), request: key };
    assert_eq!(store.create(again([8; 16])).await.expect("repeat"), repeated);
    let other = SessionCreation { request: Some(RequestKey { body: [9; 16], ..key }), ..creation(session(2)) };
    assert_eq!(store.create(other).await.expect("other"), CreateOutcome::RequestIdReused);

    store.revoke(revocation(first.id, NOW)).await.expect("revoke");
    assert_eq!(store.create(again([8; 16])).await.expect("repeat"), CreateOutcome::RepeatedEnded);
}

#[tokio::test]
async fn owners_under_one_handle_are_kept_apart() {
    let store = in_memory().await;
    let ann = created(&store, 1).await;
    let eve = Session { owner: owner("eve"), ..session(2) };
    assert!(matches!(store.create(creation(eve.clone())).await, Err(StoreError::HandleCollision)));
    assert!(matches!(store.list(&eve.owner, ann.id.handle, &[], NOW).await, Err(StoreError::HandleCollision)));
    let all = UserRevocation { owner: eve.owner, ..user_revocation(1, NOW) };
    assert!(matches!(store.revoke_all(all).await, Err(StoreError::HandleCollision)));
}

#[tokio::test]
async fn activity_moves_forward_only_and_only_where_there_is_a_session() {
    let store = in_memory().await;
    created(&store, 1).await;
    let later = NOW.plus(HOUR);
    let touches = [touch(1, later), touch(2, later), touch(1, NOW)];
    assert_eq!(store.touch(&touches).await.expect("touch"), [Some(later), None, Some(later)]);
}

#[tokio::test]
async fn an_update_needs_the_revision_and_keeps_the_secret() {
    let store = in_memory().await;
    let mut changed = created(&store, 1).await;
    changed.record = Record { revision: 2, roles: vec!["admin".into()], secret: SecretHash([0; 32]), ..changed.record };
    let update = |now, expected_revision| SessionUpdate {
        new_token: None,
        now,
        session: changed.clone(),
        expected_revision,
        cause: Cause::default(),
    };
    assert_eq!(store.update(update(NOW, 1)).await.expect("update"), UpdateOutcome::Updated);
    assert_eq!(store.update(update(NOW, 1)).await.expect("update"), UpdateOutcome::Conflict { current: 2 });
    let LoadOutcome::Found(found) = store.load(changed.id).await.expect("load") else { panic!("not found") };
    assert_eq!(found.session.record, Record { secret: SecretHash([1; 32]), ..changed.record.clone() });

    assert_eq!(store.update(update(NOW.plus(2 * HOUR), 2)).await.expect("update"), UpdateOutcome::NotFound);
    let ended = EventKind::Ended(EndReason::IdleTimeout);
    assert_eq!(kinds(&store).await, [EventKind::Created, EventKind::Updated, ended]);
}

#[tokio::test]
async fn a_revoked_session_leaves_a_tombstone() {
    let store = in_memory().await;
    let session = created(&store, 1).await;
    let guarded = |secret| {
        let guard =
            AccessGuard { user: Some(owner("ann").user), secret: Some(SecretHash([secret; 32])), tenants: None };
        SessionRevocation { guard, ..revocation(session.id, NOW) }
    };
    assert_eq!(store.revoke(guarded(2)).await.expect("revoke"), []);
    assert_eq!(store.revoke(guarded(1)).await.expect("revoke").len(), 1);
    assert_eq!(store.revoke(guarded(1)).await.expect("revoke"), []);
    let tombstone = Tombstone {
        tenant: session.owner.tenant.clone(),
        reason: EndReason::Revoked,
        at: NOW,
        secret: SecretHash([1; 32]),
        cause: Cause::from_service("logout"),
        former_client: Some(Box::new(FormerClient::new(session.owner.user.clone(), &session.record.location))),
    };
    assert_eq!(store.load(session.id).await.expect("load"), LoadOutcome::Ended(tombstone));
}

#[tokio::test]
async fn all_of_a_user_end_but_one_and_earlier_logins_are_refused() {
    let store = in_memory().await;
    for unique in 1..=3 {
        created(&store, unique).await;
    }
    let all = UserRevocation { except: Some(session(2).id), ..user_revocation(1, NOW) };
    let revoked = store.revoke_all(all.clone()).await.expect("revoke all");
    assert_eq!(revoked.session_ids, [session(3).id, session(1).id]);
    assert_eq!(store.revoke_all(all).await.expect("repeat"), revoked);
    let refused = CreateOutcome::AuthenticatedBeforeRevocation { floor: NOW };
    assert_eq!(store.create(creation(session(4))).await.expect("create"), refused);
    assert_eq!(listed(&store, NOW).await, [2]);
    let ended = EventKind::Ended(EndReason::RevokedAll);
    assert_eq!(kinds(&store).await[3..], [ended, ended, EventKind::RevokedAll]);
}

#[tokio::test]
async fn a_mass_revocation_ends_what_was_made_before_it() {
    let store = in_memory().await;
    created(&store, 1).await;
    created(&store, 2).await;
    let now = NOW.plus(HOUR / 2);
    let cause = Cause::from_service("breach");
    let mass = MassRevocation { now, cause, ..mass_revocation(1, RevocationScope::Tenant(owner("ann").tenant)) };
    store.revoke_mass(mass.clone()).await.expect("revoke");
    let signed_in_again = SessionCreation { now, authenticated_at: None, ..creation(session(3)) };
    assert!(matches!(store.create(signed_in_again).await, Ok(CreateOutcome::Created { .. })));
    store.revoke_mass(MassRevocation { now: NOW.plus(HOUR), ..mass }).await.expect("repeat");

    let LoadOutcome::Found(found) = store.load(session(3).id).await.expect("load") else { panic!("not found") };
    assert_eq!(found.mass_revoked, None);
    assert_eq!(listed(&store, now).await, [3]);
    let events = events(&store).await;
    let ended: Vec<_> = events.iter().filter(|event| matches!(event.kind, EventKind::Ended(_))).collect();
    assert_eq!(ended.len(), 2);
    assert!(ended.iter().all(|event| event.at == now && event.cause == Cause::from_service("breach")));
    assert_eq!(events.iter().filter(|event| event.kind == EventKind::RevokedAll).count(), 1);
}

#[tokio::test]
async fn a_sweep_ends_what_is_over_a_few_users_at_a_time() {
    let store = in_memory().await;
    for user in 0..5 {
        store.create(creation(neighbour(user))).await.expect("create");
    }
    let swept = store.sweep(bucket(), NOW.plus(HOUR), 2).await.expect("sweep");
    assert!(swept.ended.is_empty() && !swept.has_more);

    let late = NOW.plus(2 * HOUR);
    for (expected, more) in [(2, true), (2, true), (1, false), (0, false)] {
        let swept = store.sweep(bucket(), late, 2).await.expect("sweep");
        assert_eq!((swept.ended.len(), swept.has_more), (expected, more));
        let idle =
            |ended: &crate::domain::SessionEnding| ended.reason == EndReason::IdleTimeout && ended.at == NOW.plus(HOUR);
        assert!(swept.ended.iter().all(idle));
    }
    assert_eq!(rows(&store, "SELECT count(*) FROM users").await, 0);
}

#[tokio::test]
async fn a_sweep_walks_all_users_after_a_mass_revocation() {
    let store = in_memory().await;
    for user in 0..5 {
        store.create(creation(neighbour(user))).await.expect("create");
    }
    store.revoke_mass(mass_revocation(1, RevocationScope::Everyone)).await.expect("revoke");
    for (expected, more) in [(2, true), (2, true), (1, false), (0, false)] {
        let swept = store.sweep(bucket(), NOW, 2).await.expect("sweep");
        assert_eq!((swept.ended.len(), swept.has_more), (expected, more));
    }
}

#[tokio::test]
async fn the_outbox_is_read_by_bucket_and_emptied_by_position() {
    let store = in_memory().await;
    for user in 0..6_u8 {
        let mut session = session(user);
        session.owner = owner(&user.to_string());
        session.id.handle.0 = [user; 12];
        session.id.handle.0[0] = user % 2;
        store.create(creation(session)).await.expect("create");
    }
    let pending = store.read_outbox(Bucket::ALL, 2).await.expect("read");
    let buckets: Vec<_> = pending.iter().map(|pending| pending.position.bucket.0).collect();
    assert_eq!(buckets, [0, 1, 0, 1]);
    let positions: Vec<_> = pending.into_iter().map(|pending| pending.position).collect();
    for _ in 0..2 {
        store.delete_from_outbox(&positions).await.expect("delete");
        let backlog = store.backlog().await.expect("backlog");
        assert_eq!(backlog.events, 2);
        assert!(backlog.oldest.is_some_and(|oldest| oldest <= NOW.plus(24 * 365 * 100 * HOUR) && oldest > NOW));
    }
    let time = store.time().await.expect("time");
    assert!(store.backlog().await.expect("backlog").oldest <= Some(time));
}
