//! What one server tells a node.

use std::{ops::RangeInclusive, time::Duration};

use redis::aio::MultiplexedConnection;
use session_authority::{
    cache::{CacheLookup, SessionStatus},
    domain::{Bucket, SessionId, event::RevocationScope},
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

/// A server, a node that keeps what it reads, and a store of another node that keeps nothing.
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

/// How often the server was asked for records and generations.
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
        assert!(is_live(&seen) && seen.from_cache);
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
    let mut admin = server.admin().await;
    let before = reads(&mut admin).await;
    let touch = Touch { session_id: id, at: NOW.plus(Duration::from_mins(1)) };
    other.touch(&[touch]).await.expect("a touch");
    assert!(node.read_fresh(id).await.from_cache);
    assert_eq!(reads(&mut admin).await, before, "a touch is no reason to read");

    let session = other.list(&user.owner, user.handle, &[], NOW).await.expect("a list").remove(0);
    other.update(rename(&session, NOW)).await.expect("another record");
    let mut is_read_again = false;
    until("it is kept again", async || {
        let seen = node.read(id).await;
        is_read_again |= !seen.from_cache;
        is_read_again && seen.from_cache
    })
    .await;
}

/// A node has in memory who ended a session of the user's, and no session lives any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_sessions_of_a_forgotten_user_ended_is_forgotten_by_every_node() {
    let (_server, node, other) = two_nodes().await;
    let user = TestUser::new("ann");
    let id = sign_in(&other, &user).await;
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    node.wait_until_cached(id).await;
    let seen = node.read_fresh(id).await;
    assert!(seen.from_cache && matches!(&seen.status, SessionStatus::Ended(end) if end.cause.actor == "admin:eve"));

    other.forget_user(forget(&user, NOW, 9)).await.expect("forgotten");
    let seen = node.read_fresh(id).await;
    assert!(matches!(seen.status, SessionStatus::Missing), "{seen:?}");
}

/// Without a change of what the node read, it is told of nothing.
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

/// What says who was signed out is gone, so nobody is accepted, whatever is kept.
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
    until("it is noticed", async || node.reads.read_bounded(id).await.is_err()).await;
    for seen in [node.reads.read_bounded(id).await, node.reads.read_strong(id).await, node.reads.read_store(id).await] {
        let error = seen.expect_err("no verdict").to_string();
        assert!(error.contains("lost the mass revocations of bucket"), "{error}");
    }
}

/// A full server refuses what may take more memory, and tells of changes as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_while_the_server_is_full_is_made_again() {
    let (server, node, other) = two_nodes().await;
    let user = TestUser::new("ann");
    let id = sign_in(&other, &user).await;
    node.wait_until_cached(id).await;
    let mut admin = server.admin().await;
    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).exec_async(&mut admin).await.expect("a full server");
    other.create(user.login(2, NOW)).await.expect_err("no room");
    end_tracking_connection(&mut admin).await;
    until("it is noticed", async || node.reads.try_cached(id).is_none()).await;
    node.wait_until_cached(id).await;
    other.revoke(revoke(id, NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_fresh(id).await));
}

/// The connection of the node itself is told of what the same process writes on others.
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
    assert!(is_live(&seen) && seen.from_cache, "{seen:?}");
    let after = reads(&mut admin).await;
    // Whose bucket it is, and which tenants were signed out.
    assert_eq!(after - before, 2);
    let seen = node.read_fresh(ids[2]).await;
    assert!(is_live(&seen) && seen.from_cache, "{seen:?}");
    assert_eq!(reads(&mut admin).await, after, "the list is of all tenants");
    let seen = node.read_fresh(ids[0]).await;
    assert!(matches!(seen.status, SessionStatus::MassRevoked(..)), "{seen:?}");

    // The sweep that follows visits every user of the bucket.
    while other.sweep(Bucket(7), NOW, 100).await.expect("a sweep").has_more {}
    assert!(matches!(node.read_fresh(ids[0]).await.status, SessionStatus::Ended(_)));
    let before = reads(&mut admin).await;
    for id in &ids[1..] {
        let seen = node.read_fresh(*id).await;
        assert!(is_live(&seen) && seen.from_cache, "{seen:?}");
    }
    assert_eq!(reads(&mut admin).await, before, "their sessions stay cached");

    other.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 2)).await.expect("an operation");
    for id in ids {
        assert!(!is_live(&node.read_fresh(id).await));
    }
}

/// Signs tenants out that have no sessions, by their numbers, once in each round.
async fn sign_out_others(store: &RedisSessionStore, round: u64, numbers: RangeInclusive<u8>) {
    for number in numbers {
        let tenant = TestUser::with_tenant(&format!("tenant {number}"), "nobody").owner.tenant;
        let mut operation = [number; 16];
        operation[..8].copy_from_slice(&round.to_be_bytes());
        let revocation = MassRevocation { operation, ..revoke_mass(RevocationScope::Tenant(tenant), NOW, number) };
        // On a busy machine an answer may come too late; a repeat does nothing then.
        until("it is carried out", async || store.revoke_mass(revocation.clone()).await.is_ok()).await;
    }
}

/// How many reads the next validation took, which must be answered from memory.
async fn reads_of_a_hit(node: &CacheNode, id: SessionId, admin: &mut MultiplexedConnection) -> usize {
    let before = reads(admin).await;
    let seen = node.read_fresh(id).await;
    assert!(is_live(&seen) && seen.from_cache, "{seen:?}");
    reads(admin).await - before
}

/// Nobody validates anything while many tenants are signed out: what was cached before is a hit after it.
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

/// Which tenants were signed out is no longer listed: what was cached is read again, and not believed.
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
    // One more than are listed, with that of the first tenant.
    sign_out_others(&other, 1, 0..=255).await;
    for (user, lives) in [(&bob, true), (&ann, false)] {
        let seen = node.reads.read_strong(user.session_id(1)).await.expect("a read");
        assert_eq!((is_live(&seen), seen.from_cache), (lives, false), "{seen:?}");
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
    until("nothing is served", async || {
        matches!(node.reads.read_bounded(id).await, Err(StoreError::Binding { fault: BindingFault::Unbound, .. }))
    })
    .await;
    // It goes on with what is new.
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
        until("it is noticed", async || node.reads.try_cached(id).is_none()).await;
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
    until("it is let go", async || Bucket::all().all(|bucket| !node.is_tracked(bucket))).await;
    until("it says why", async || node.tracking_errors().iter().any(|why| why.contains("replica"))).await;
    // What it says may be of any age: nobody reads it.
    until("nothing is read of it", async || node.store.load(id).await.is_err()).await;
    let error = node.store.load(id).await.expect_err("a replica");
    assert!(error.to_string().contains("replica"), "{error}");
    redis::cmd("REPLICAOF").arg("NO").arg("ONE").exec_async(&mut admin).await.expect("a master");
    node.wait_until_cached(id).await;
}

/// Without a connection that tells, a write that is refused does.
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
    store.revoke(revoke(id, NOW)).await.expect_err("a replica takes no write");
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
    until("it is let go", async || node.reads.try_cached(id).is_none()).await;
    node.wait_until_cached(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_no_longer_keeps_nothing() {
    let (_server, node, other) = two_nodes().await;
    let id = sign_in(&other, &TestUser::new("ann")).await;
    node.wait_until_cached(id).await;
    let near = node.near.clone();
    drop(node);
    until("it is let go", async || matches!(near.look_up(id, |_| true), CacheLookup::NotTracked)).await;
}
