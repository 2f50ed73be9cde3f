//! A master that fails, and the replica that replaces it.

use std::time::Duration;

use futures_util::future::join_all;
use session_authority::domain::event::RevocationScope;
use session_authority::domain::{Bucket, EndReason, EventKind};
use session_authority::store::redis::RedisSessionStore;
use session_authority::store::{LoadOutcome, Outbox, SessionStore, StoreClock, StoreError};
use sha2::{Digest, Sha256};

use super::{connect_store, outbox_key};
use crate::conformance::fixture::event_kinds;
use crate::conformance::operations::{revoke, revoke_mass};
use crate::conformance::users::{NOW, TestUser, after};
use crate::support::redis_cluster::{RedisCluster, until};

/// Creates one user in every bucket, with an active session 1 and a revoked session 2, replicated to the replicas.
async fn populate_buckets(cluster: &RedisCluster, store: &RedisSessionStore) -> Vec<TestUser> {
    let users: Vec<_> = Bucket::all().map(|bucket| TestUser::new("ann").in_bucket(bucket.0)).collect();
    for user in &users {
        store.create(user.login(1, NOW)).await.expect("create");
        store.create(user.login(2, NOW)).await.expect("create");
        assert_eq!(store.revoke(revoke(user.session_id(2), NOW)).await.expect("revoke").len(), 1);
    }
    for master in 0..3 {
        cluster.wait_until_replicated(master).await;
    }
    users
}

/// Checks that a returned verdict is right. Returns the error otherwise.
async fn check_verdicts(store: &RedisSessionStore, user: &TestUser) -> Result<(), StoreError> {
    match store.load(user.session_id(1)).await? {
        LoadOutcome::Found(_) => {}
        other => panic!("not an active session: {other:?}"),
    }
    match store.load(user.session_id(2)).await? {
        LoadOutcome::Ended(tombstone) => assert_eq!(tombstone.reason, EndReason::Revoked),
        other => panic!("not a revoked session: {other:?}"),
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_is_killed_is_replaced_and_no_verdict_is_wrong() {
    let cluster = RedisCluster::with_replicas().await;
    let store = connect_store(&cluster).await;
    let users = populate_buckets(&cluster, &store).await;
    let lost = cluster.master_of(&outbox_key(0), 0).await;
    let witness = (lost + 1) % 3;
    let mut theirs = Vec::new();
    for user in &users {
        theirs.push(cluster.master_of(&outbox_key(user.bucket().0), witness).await == lost);
    }

    cluster.nodes[lost].kill();
    let of = |is_theirs: bool| {
        users.iter().zip(&theirs).filter(move |(_, of_it)| **of_it == is_theirs).map(|(user, _)| user)
    };
    // Users of the other masters are not affected.
    for user in of(false) {
        check_verdicts(&store, user).await.expect("a verdict of a running master");
    }
    let orphan = of(true).next().expect("a bucket of it");
    let error = store.create(orphan.login(3, NOW)).await.expect_err("the master is gone");
    assert!(matches!(error, StoreError::Unreachable { .. } | StoreError::NoResponse { .. }), "{error}");

    // Operations on all buckets report a partial result, and take effect on the reachable buckets.
    let scopes = [RevocationScope::Tenant(orphan.owner.tenant.clone()), RevocationScope::Everyone];
    let home = |scope: &RevocationScope| usize::from(Sha256::digest(scope.to_bytes())[0]);
    let scope = scopes.into_iter().find(|scope| !theirs[home(scope)]).expect("a scope with its home elsewhere");
    let error = store.revoke_mass(revoke_mass(scope.clone(), NOW, 1)).await.expect_err("a part");
    let StoreError::PartiallyApplied { reached, total: 256 } = error else { panic!("{error}") };
    assert_eq!(usize::from(reached), of(false).count());
    let events = store.read_outbox(Bucket::ALL, 10).await.expect("the outbox of the others");
    assert!(events.iter().all(|event| !theirs[usize::from(event.position.bucket.0)]));
    assert!(events.iter().any(|event| event.position.bucket == of(false).next().expect("a user").bucket()));
    store.backlog().await.expect_err("no count without a part");
    store.time().await.expect("the time by the others");

    // The failover is automatic, and no known data is lost: for this store, and for one that connects later.
    let waiting = of(true).map(|user| async {
        let mut errors = 0;
        until("a replica takes over", async || {
            let verdict = check_verdicts(&store, user).await;
            errors += usize::from(verdict.is_err());
            verdict.is_ok()
        })
        .await;
        errors
    });
    assert!(join_all(waiting).await.into_iter().all(|errors| errors > 0), "calls failed meanwhile");
    let reconnected = connect_to_others(&cluster, lost).await;
    for user in of(true) {
        // A store that connects while a master is unavailable may still have the old master in its slot map.
        until("the new master gives a verdict", async || check_verdicts(&reconnected, user).await.is_ok()).await;
    }
    let now = after(Duration::from_secs(1));
    store.create(orphan.login(3, now)).await.expect("create");
    assert_eq!(store.list(&orphan.owner, orphan.handle, &[], now).await.expect("a list").len(), 2);
    assert_eq!(store.revoke(revoke(orphan.session_id(3), now)).await.expect("revoke").len(), 1);

    // The sweep of the home bucket applies the mass revocation to all buckets, once.
    let home = Bucket(u8::try_from(home(&scope)).expect("a bucket"));
    until("the mass revocation is finished", async || {
        let swept = store.sweep(home, now, 0).await.expect("a sweep");
        swept.unfinished.is_none_or(|revocation| revocation.finished_at.is_some())
    })
    .await;
    assert!(store.list(&orphan.owner, orphan.handle, &[], now).await.expect("a list").is_empty());
    store.backlog().await.expect("a count of all");

    // The former master returns as a replica: it is not queried, and nothing changes.
    cluster.nodes[lost].restart().await;
    let mut admin = cluster.nodes[lost].admin().await;
    until("it replicates the new master", async || {
        let info: String = redis::cmd("INFO").arg("replication").query_async(&mut admin).await.expect("INFO");
        info.contains("role:slave") && info.contains("master_link_status:up")
    })
    .await;
    store.create(orphan.login(4, after(Duration::from_secs(2)))).await.expect("create");
}

async fn connect_to_others(cluster: &RedisCluster, lost: usize) -> RedisSessionStore {
    let others: Vec<_> = (0..3).filter(|node| *node != lost).collect();
    RedisSessionStore::connect(&cluster.url_by(&others)).await.expect("a store")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_hangs_is_no_verdict_and_is_replaced() {
    let cluster = RedisCluster::with_replicas().await;
    let store = connect_store(&cluster).await;
    populate_buckets(&cluster, &store).await;
    let ann = TestUser::new("ann").in_bucket(0);
    let hangs = cluster.master_of(&outbox_key(0), 0).await;
    cluster.nodes[hangs].pause();
    let error = store.revoke(revoke(ann.session_id(1), NOW)).await.expect_err("no response");
    assert!(error.is_ambiguous(), "it was sent: {error}");
    until("a replica takes over", async || check_verdicts(&store, &ann).await.is_ok()).await;
    // Requests to the hanging master are executed there when it resumes, and discarded when it follows the new one.
    assert_eq!(store.revoke(revoke(ann.session_id(1), NOW)).await.expect("revoke").len(), 1);
    cluster.nodes[hangs].resume();
    let mut admin = cluster.nodes[hangs].admin().await;
    until("it replicates the new master", async || {
        let info: String = redis::cmd("INFO").arg("replication").query_async(&mut admin).await.expect("INFO");
        info.contains("role:slave") && info.contains("master_link_status:up")
    })
    .await;
    let loaded = store.load(ann.session_id(1)).await.expect("a verdict");
    assert!(matches!(loaded, LoadOutcome::Ended(_)), "{loaded:?}");
    let events = store.read_outbox(Bucket::ALL, 100).await.expect("the outbox").into_iter();
    let events: Vec<_> = events.map(|pending| pending.event.expect("an event")).collect();
    let ended = EventKind::Ended(EndReason::Revoked);
    assert_eq!(event_kinds(&events, ann.session_id(1)), [EventKind::Created, ended], "it ended once");
}
