//! Invalidations from a single server.

use std::{ops::RangeInclusive, time::Duration};

use redis::aio::MultiplexedConnection;
use session_authority::{
    domain::{Bucket, SessionId, event::RevocationScope},
    near_cache::{CacheLookup, SessionStatus},
    store::{
        BindingFault, BoundStore, CreateOutcome, MassRevocation, SessionStore, StoreBinding, StoreError, Touch,
        redis::{RedisOptions, RedisSessionStore},
    },
};

use super::node::{CacheNode, is_live};
use crate::{
    conformance::{
        operations::{forget, rename, revoke, revoke_all, revoke_mass},
        users::{NOW, TestUser},
    },
    support::{redis::RedisServer, redis_cluster::until},
};

/// Starts a server, a node with a cache, and the store of another node without one.
async fn two_nodes() -> (RedisServer, CacheNode, RedisSessionStore) {
    let server = RedisServer::start().await;
    let node = CacheNode::connect(&server.url()).await;
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    node.wait_until_all_tracked().await;
    (server, node, other)
}

async fn sign_in(store: &RedisSessionStore, user: &TestUser) -> SessionId {
    let outcome = store.create(user.login(1, NOW)).await.expect("a session");
    assert!(matches!(outcome, CreateOutcome::Created { .. }));
    user.session_id(1)
}

/// Returns how often the server was read for records and generations.
pub async fn reads(admin: &mut MultiplexedConnection) -> usize {
    let stats: String = redis::cmd("INFO").arg("commandstats").query_async(admin).await.expect("INFO");
    let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_hmget:calls=")?.split(',').next());
    calls.map_or(0, |calls| calls.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_read_asks_nobody() {
    let (server, node, _) = two_nodes().await;
    let id = sign_in(&node.store, &TestUser::new("ann")).await;
    node.wait_until_cached(id).await;
    let mut admin = server.admin().await;
    let before = reads(&mut admin).await;
    for _ in 0..100 {
        let seen = node.read(id).await;
        assert!(is_live(&seen) && seen.is_from_cache());
    }
    assert_eq!(reads(&mut admin).await, before);
    assert_eq!(node.tracking_errors(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_node_revokes_is_forgotten_at_once() {
    let (_server, node, other) = two_nodes().await;
    for (number, name) in ["ann", "bob", "eve"].iter().cycle().take(60).enumerate() {
        let user = TestUser::new(&format!("{name} {number}"));
        let id = sign_in(&other, &user).await;
        node.wait_until_cached(id).await;
        other.revoke(revoke(id, NOW)).await.expect("an ending");
        let seen = node.read_fresh(id).await;
        assert!(matches!(seen.status, SessionStatus::Ended(_)), "{seen:?}");
    }
    let user = TestUser::new("all");
    let id = sign_in(&other, &user).await;
    node.wait_until_cached(id).await;
    other.revoke_all(revoke_all(&user, NOW, 1)).await.expect("endings");
    assert!(!is_live(&node.read_fresh(id).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_record_is_read_again_and_activity_is_not_a_change() {
    let (server, node, other) = two_nodes().await;
    let user = TestUser::new("ann");
    let id = sign_in(&other, &user).await;
    node.wait_until_cached(id).await;
    let touch = Touch { session_id: id, at: NOW.plus(Duration::from_mins(1)) };
    other.touch(&[touch]).await.expect("a touch");
    let mut admin = server.admin().await;
    let before = reads(&mut admin).await;
    assert!(node.read_fresh(id).await.is_from_cache());
    assert_eq!(reads(&mut admin).await, before, "a touch does not cause a read");

    let session = other.list(&user.owner, user.handle, &[], NOW).await.expect("a list").remove(0);
    other.update(rename(&session, NOW)).await.expect("another record");
    let mut is_read_again = false;
    until("the session is cached again", async || {
        let seen = node.read(id).await;
        is_read_again |= !seen.is_from_cache();
        is_read_again && seen.is_from_cache()
    })
    .await;
}

/// A node has cached the end of a user's session, including its actor, and the user has no active session left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_sessions_of_a_forgotten_user_ended_is_forgotten_by_every_node() {
    let (_server, node, other) = two_nodes().await;
    let user = TestUser::new("ann");
    let id = sign_in(&other, &user).await;
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    node.wait_until_cached(id).await;
    let seen = node.read_fresh(id).await;
    assert!(
        seen.is_from_cache() && matches!(&seen.status, SessionStatus::Ended(end) if end.cause.actor == "admin:eve")
    );

    other.forget_user(forget(&user, NOW, 9)).await.expect("forgotten");
    let seen = node.read_fresh(id).await;
    assert!(matches!(seen.status, SessionStatus::Missing), "{seen:?}");
}

/// A mutant without a change to a key that the node has read: no invalidation is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_an_ending_that_is_removed_alone_stays_in_memory() {
    let (server, node, other) = two_nodes().await;
    let user = TestUser::new("ann");
    let id = sign_in(&other, &user).await;
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    node.wait_until_cached(id).await;
    let mut admin = server.admin().await;
    redis::cmd("DEL").arg(user.key('t')).exec_async(&mut admin).await.expect("a key");
    let seen = node.read_fresh(id).await;
    assert!(matches!(seen.status, SessionStatus::Ended(_)), "{seen:?}");
}

/// The record of mass revocations is lost, so no session is accepted, even if it is cached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_whose_generations_are_lost_accepts_nobody() {
    let (server, node, other) = two_nodes().await;
    let user = TestUser::new("ann");
    let id = sign_in(&other, &user).await;
    let elsewhere = TestUser::with_tenant("globex", "bob").owner.tenant;
    other.revoke_mass(revoke_mass(RevocationScope::Tenant(elsewhere), NOW, 1)).await.expect("an operation");
    node.wait_until_cached(id).await;
    let generations = format!("sa1:{{{}}}:g", user.bucket());
    server.command(&["DEL", &generations]).await.expect("a loss");
    until("the node notices the loss", async || node.reads.read_bounded(id).await.is_err()).await;
    for seen in [node.reads.read_bounded(id).await, node.reads.read_strong(id).await, node.reads.read_store(id).await] {
        let error = seen.expect_err("no verdict").to_string();
        assert!(error.contains("lost the mass revocations of bucket"), "{error}");
    }
}

/// A full server refuses commands that may need more memory, but still sends invalidations.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_while_the_server_is_full_is_made_again() {
    let (server, node, other) = two_nodes().await;
    let user = TestUser::new("ann");
    let id = sign_in(&other, &user).await;
    node.wait_until_cached(id).await;
    let mut admin = server.admin().await;
    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).exec_async(&mut admin).await.expect("a full server");
    other.create(user.login(2, NOW)).await.expect_err("no memory");
    end_tracking_connection(&mut admin).await;
    until("the cache is cleared", async || node.reads.try_cached(id).is_none()).await;
    node.wait_until_cached(id).await;
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_fresh(id).await));
}

/// The node's tracking connection receives invalidations of writes by the same process on other connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_gets_invalidations_of_its_own_writes() {
    let (_server, node, _) = two_nodes().await;
    let id = sign_in(&node.store, &TestUser::new("ann")).await;
    node.wait_until_cached(id).await;
    node.store.revoke(revoke(id, NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_fresh(id).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_and_sweeping_a_tenant_costs_the_sessions_of_others_no_read() {
    let (server, node, other) = two_nodes().await;
    let (gone, here, too) = (
        TestUser::with_tenant("acme", "ann"),
        TestUser::with_tenant("globex", "bob"),
        TestUser::with_tenant("globex", "carl"),
    );
    let [gone, here, too] = [gone, here, too].map(|user| user.in_bucket(7));
    let mut ids = Vec::new();
    for user in [&gone, &here, &too] {
        ids.push(sign_in(&other, user).await);
    }
    for id in &ids {
        node.wait_until_cached(*id).await;
    }
    other
        .revoke_mass(revoke_mass(RevocationScope::Tenant(gone.owner.tenant.clone()), NOW, 1))
        .await
        .expect("an operation");

    let mut admin = server.admin().await;
    let before = reads(&mut admin).await;
    let seen = node.read_fresh(ids[1]).await;
    assert!(is_live(&seen) && seen.is_from_cache(), "{seen:?}");
    let after = reads(&mut admin).await;
    // The reads of the binding and of the revoked tenants.
    assert_eq!(after - before, 2);
    let seen = node.read_fresh(ids[2]).await;
    assert!(is_live(&seen) && seen.is_from_cache(), "{seen:?}");
    assert_eq!(reads(&mut admin).await, after, "the list covers all tenants");
    let seen = node.read_fresh(ids[0]).await;
    assert!(matches!(seen.status, SessionStatus::MassRevoked(..)), "{seen:?}");

    // The following sweep visits every user of the bucket.
    while other.sweep(Bucket(7), NOW, 100).await.expect("a sweep").has_more {}
    assert!(matches!(node.read_fresh(ids[0]).await.status, SessionStatus::Ended(_)));
    let before = reads(&mut admin).await;
    for id in &ids[1..] {
        let seen = node.read_fresh(*id).await;
        assert!(is_live(&seen) && seen.is_from_cache(), "{seen:?}");
    }
    // The end of the scan is a change of the generations, so the list of revocations is read again; no session is.
    assert!(reads(&mut admin).await <= before + 2, "their sessions stay cached");

    other.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 2)).await.expect("an operation");
    for id in ids {
        assert!(!is_live(&node.read_fresh(id).await));
    }
}

/// Revokes tenants without sessions, by number, with different operations in each round.
async fn sign_out_others(store: &RedisSessionStore, round: u64, numbers: RangeInclusive<u8>) {
    for number in numbers {
        let tenant = TestUser::with_tenant(&format!("tenant {number}"), "nobody").owner.tenant;
        let mut operation = [number; 16];
        operation[..8].copy_from_slice(&round.to_be_bytes());
        let revocation = MassRevocation { operation, ..revoke_mass(RevocationScope::Tenant(tenant), NOW, number) };
        // On a busy machine the response may be late; a repeat has no effect then.
        until("the revocation succeeds", async || store.revoke_mass(revocation.clone()).await.is_ok()).await;
    }
}

/// Returns the number of reads of the next validation, which must be served from memory.
async fn reads_of_a_hit(node: &CacheNode, id: SessionId, admin: &mut MultiplexedConnection) -> usize {
    let before = reads(admin).await;
    let seen = node.read_fresh(id).await;
    assert!(is_live(&seen) && seen.is_from_cache(), "{seen:?}");
    reads(admin).await - before
}

/// There are no validations while many tenants are revoked: afterwards, a cached session is still a hit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_revocations_of_many_tenants_are_read_in_two_round_trips() {
    let (server, node, other) = two_nodes().await;
    let (bob, ann) =
        (TestUser::with_tenant("globex", "bob").in_bucket(7), TestUser::with_tenant("acme", "ann").in_bucket(7));
    for user in [&bob, &ann] {
        let id = sign_in(&other, user).await;
        node.wait_until_cached(id).await;
    }
    sign_out_others(&other, 1, 0..=40).await;
    let tenant = RevocationScope::Tenant(ann.owner.tenant.clone());
    other.revoke_mass(revoke_mass(tenant, NOW, 100)).await.expect("an operation");
    assert_eq!(reads_of_a_hit(&node, bob.session_id(1), &mut server.admin().await).await, 4);
    let seen = node.read_fresh(ann.session_id(1)).await;
    assert!(matches!(seen.status, SessionStatus::MassRevoked(..)), "{seen:?}");
}

/// The list of revoked tenants is incomplete: cached sessions are read again instead of being trusted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_more_revocations_than_are_listed_sessions_are_read_again() {
    let (server, node, other) = two_nodes().await;
    let (bob, ann) =
        (TestUser::with_tenant("globex", "bob").in_bucket(7), TestUser::with_tenant("acme", "ann").in_bucket(7));
    for user in [&bob, &ann] {
        let id = sign_in(&other, user).await;
        node.wait_until_cached(id).await;
    }
    let tenant = RevocationScope::Tenant(ann.owner.tenant.clone());
    other.revoke_mass(revoke_mass(tenant, NOW, 255)).await.expect("an operation");
    // The list is exceeded by one, including the revocation of the first tenant.
    sign_out_others(&other, 1, 0..=255).await;
    for (user, lives) in [(&bob, true), (&ann, false)] {
        let seen = node.reads.read_strong(user.session_id(1)).await.expect("a read");
        assert_eq!((is_live(&seen), seen.is_from_cache()), (lives, false), "{seen:?}");
    }
    node.wait_until_cached(bob.session_id(1)).await;
    sign_out_others(&other, 2, 200..=200).await;
    assert_eq!(reads_of_a_hit(&node, bob.session_id(1), &mut server.admin().await).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_server_that_is_emptied_nothing_is_served_until_it_is_bound_again() {
    let (server, node, other) = two_nodes().await;
    let id = sign_in(&other, &TestUser::new("ann")).await;
    node.wait_until_cached(id).await;
    redis::cmd("FLUSHALL").exec_async(&mut server.admin().await).await.expect("an empty server");
    until("there is no verdict", async || {
        matches!(node.reads.read_bounded(id).await, Err(StoreError::Binding { fault: BindingFault::Unbound, .. }))
    })
    .await;
    // After the binding, the node serves new data.
    let installation = RedisOptions::default().installation;
    other.bind(StoreBinding { installation, ..StoreBinding::default() }).await.expect("a binding");
    let seen = node.read_fresh(id).await;
    assert!(matches!(seen.status, SessionStatus::Missing), "{seen:?}");
    let id = sign_in(&other, &TestUser::new("bob")).await;
    node.wait_until_cached(id).await;
}

pub async fn end_tracking_connection(admin: &mut MultiplexedConnection) {
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(admin).await.expect("clients");
    let tracking_client = clients.lines().find(|line| line.contains(" resp=3 ") || line.contains(" flags=t"));
    let client =
        tracking_client.and_then(|line| line.strip_prefix("id=")?.split(' ').next()).expect("a tracking connection");
    redis::cmd("CLIENT").arg(&["KILL", "ID", client]).exec_async(admin).await.expect("a lost connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_made_again_with_an_empty_cache() {
    let (server, node, other) = two_nodes().await;
    let id = sign_in(&other, &TestUser::new("ann")).await;
    let mut admin = server.admin().await;
    for _ in 0..3 {
        node.wait_until_cached(id).await;
        end_tracking_connection(&mut admin).await;
        until("the cache is cleared", async || node.reads.try_cached(id).is_none()).await;
    }
    node.wait_until_all_tracked().await;
    node.wait_until_cached(id).await;
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_fresh(id).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_becomes_a_replica_proves_nothing() {
    let (server, node, other) = two_nodes().await;
    let id = sign_in(&other, &TestUser::new("ann")).await;
    node.wait_until_cached(id).await;
    let mut admin = server.admin().await;
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec_async(&mut admin).await.expect("a replica");
    until("all buckets are dropped", async || Bucket::all().all(|bucket| !node.is_tracked(bucket))).await;
    until("the node reports the reason", async || node.tracking_errors().iter().any(|why| why.contains("replica")))
        .await;
    // Its data may be of any age, so it is not read.
    until("the server is not read", async || node.store.load(id).await.is_err()).await;
    let error = node.store.load(id).await.expect_err("a replica");
    assert!(error.to_string().contains("replica"), "{error}");
    redis::cmd("REPLICAOF").arg("NO").arg("ONE").exec_async(&mut admin).await.expect("a master");
    node.wait_until_cached(id).await;
}

/// Without a tracking connection, a refused write reveals the replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_a_write_as_a_replica_is_not_read() {
    let server = RedisServer::start().await;
    let options = RedisOptions { connections: 1, ..RedisOptions::default() };
    let store = RedisSessionStore::connect_with(&server.url(), &options).await.expect("a store");
    let ann = TestUser::new("ann");
    let id = ann.session_id(1);
    store.create(ann.login(1, NOW)).await.expect("a session");
    let mut admin = server.admin().await;
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec_async(&mut admin).await.expect("a replica");
    store.revoke(revoke(id, NOW)).await.expect_err("a replica refuses writes");
    store.load(id).await.expect_err("a replica is not read");
    redis::cmd("REPLICAOF").arg("NO").arg("ONE").exec_async(&mut admin).await.expect("a master");
    store.revoke(revoke(id, NOW)).await.expect("an ending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_another() {
    let server = RedisServer::durable().await;
    let node = CacheNode::connect(&server.url()).await;
    let id = sign_in(&node.store, &TestUser::new("ann")).await;
    node.wait_until_cached(id).await;
    server.restart().await;
    until("the cache is cleared", async || node.reads.try_cached(id).is_none()).await;
    node.wait_until_cached(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_no_longer_keeps_nothing() {
    let (_server, node, other) = two_nodes().await;
    let id = sign_in(&other, &TestUser::new("ann")).await;
    node.wait_until_cached(id).await;
    let memory = node.memory.clone();
    drop(node);
    until("the buckets are dropped", async || matches!(memory.look_up(id, |_| true), CacheLookup::NotTracked)).await;
}
