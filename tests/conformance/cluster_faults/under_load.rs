//! Users that sign in and out while buckets move.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use session_authority::domain::EndReason;
use session_authority::store::redis::RedisSessionStore;
use session_authority::store::{CreateOutcome, LoadOutcome, SessionStore};

use super::{connect_store, connect_with_timeout, outbox_key, retry_until_ok};
use crate::conformance::fixture::StoreFixture;
use crate::conformance::operations::revoke;
use crate::conformance::users::{NOW, TestUser, after};
use crate::support::redis_cluster::{RedisCluster, until};

const BUCKET: u8 = 9;
const USERS: u64 = 12;

/// Counters of completed calls.
#[derive(Default)]
struct ProgressCounters {
    verdicts: Cell<usize>,
    sessions: Cell<usize>,
}

/// Signs a user in and out and loads its session each time, until `stop` is set. The expected results are known,
/// because nothing else touches these sessions. Refused calls are repeated; no error may be ambiguous, because no
/// server is lost.
async fn sign_in_and_out(store: &RedisSessionStore, user: &TestUser, stop: &Cell<bool>, seen: &ProgressCounters) {
    let mut number = 0;
    while !stop.get() {
        number += 1;
        let (id, now) = (user.session_id(number), after(Duration::from_secs(number)));
        let loaded = store.load(id).await.expect("a verdict");
        assert_eq!(loaded, LoadOutcome::NotFound, "before the login");
        let outcome = retry_until_ok(async || store.create(user.login(number, now)).await).await;
        assert!(matches!(outcome, CreateOutcome::Created { .. }), "{outcome:?}");
        seen.sessions.set(seen.sessions.get() + 1);
        let loaded = store.load(id).await.expect("a verdict");
        assert!(matches!(loaded, LoadOutcome::Found(_)), "not an active session: {loaded:?}");
        let listed = retry_until_ok(async || store.list(&user.owner, user.handle, &[], now).await).await;
        assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [id, user.session_id(0)]);
        let ended = retry_until_ok(async || store.revoke(revoke(id, now)).await).await;
        assert_eq!(ended.len(), 1, "it was active");
        let loaded = store.load(id).await.expect("a verdict");
        assert!(
            matches!(&loaded, LoadOutcome::Ended(tombstone) if tombstone.reason == EndReason::Revoked),
            "{loaded:?}"
        );
    }
}

/// Loads the user's first session, which stays active, without a pause. Every call must return a verdict.
async fn validate_until_stopped(
    store: &RedisSessionStore,
    user: &TestUser,
    stop: &Cell<bool>,
    seen: &ProgressCounters,
) {
    while !stop.get() {
        let loaded = store.load(user.session_id(0)).await.expect("a verdict");
        assert!(matches!(loaded, LoadOutcome::Found(_)), "not an active session: {loaded:?}");
        seen.verdicts.set(seen.verdicts.get() + 1);
    }
}

#[tokio::test]
async fn a_bucket_that_moves_loses_doubles_and_misjudges_nothing() {
    let f = StoreFixture::cluster().await;
    let cluster = f.redis_cluster();
    let (stop, seen) = (Cell::new(false), ProgressCounters::default());
    let mut users = Vec::new();
    for number in 0..USERS {
        // The users have separate stores, so that none learns routes from another.
        let user = TestUser::new(&format!("user {number}")).in_bucket(BUCKET);
        let store = connect_with_timeout(cluster, Duration::from_secs(10)).await;
        store.create(user.login(0, NOW)).await.expect("create");
        users.push((store, user));
    }
    let live = users.iter().map(|(store, user)| async {
        tokio::join!(sign_in_and_out(store, user, &stop, &seen), validate_until_stopped(store, user, &stop, &seen));
    });
    let wander = async {
        migrate_around(cluster, &seen).await;
        stop.set(true);
    };
    tokio::join!(join_all(live), wander);

    let events = f.drain().await;
    let ids: BTreeSet<_> = events.iter().map(|event| event.id.0).collect();
    assert_eq!(ids.len(), events.len(), "no event twice");
    assert_eq!(events.len(), users.len() + 2 * seen.sessions.get(), "one for each login and each end");
}

/// Waits until the counter has grown by `more`.
async fn wait_for_progress(count: &Cell<usize>, more: usize) {
    let enough = count.get() + more;
    until("something happens", async || count.get() >= enough).await;
}

/// Moves the bucket once around all masters, and waits at each until the users have made progress.
async fn migrate_around(cluster: &RedisCluster, seen: &ProgressCounters) {
    let slot = cluster.slot_of(&outbox_key(BUCKET)).await;
    let first = cluster.master_of(&outbox_key(BUCKET), 0).await;
    for step in 0..6 {
        let (from, to) = ((first + step) % 3, (first + step + 1) % 3);
        wait_for_progress(&seen.sessions, 20).await;
        cluster.begin_move(slot, from, to).await;
        // Moves half of the keys, and then lets the users proceed for a while.
        let keys = cluster.keys(slot, from).await;
        for key in keys.iter().step_by(2) {
            cluster.move_key(key, from, to).await;
        }
        wait_for_progress(&seen.verdicts, 100).await;
        cluster.move_slot(slot, from, to).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_joins_is_given_a_bucket_and_found() {
    let mut cluster = RedisCluster::start().await;
    let store = connect_store(&cluster).await;
    let ann = TestUser::new("ann").in_bucket(BUCKET);
    store.create(ann.login(1, NOW)).await.expect("create");
    let joined = cluster.join().await;
    let slot = cluster.slot_of(&outbox_key(BUCKET)).await;
    let from = cluster.master_of(&outbox_key(BUCKET), 0).await;

    cluster.begin_move(slot, from, joined).await;
    cluster.move_key(&ann.key('u'), from, joined).await;
    // A master without slots is in no slot map.
    assert!(matches!(store.load(ann.session_id(1)).await, Ok(LoadOutcome::Found(_))));
    cluster.move_slot(slot, from, joined).await;
    store.create(ann.login(2, NOW)).await.expect("create");
    assert_eq!(store.list(&ann.owner, ann.handle, &[], NOW).await.expect("a list").len(), 2);
    // The route is known from now on: the previous master of the bucket is not needed.
    cluster.nodes[from].pause();
    assert!(matches!(store.load(ann.session_id(2)).await, Ok(LoadOutcome::Found(_))));
    cluster.nodes[from].resume();
}
