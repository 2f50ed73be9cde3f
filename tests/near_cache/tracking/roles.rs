//! A demoted master is not used for any request.
//!
//! The old master keeps its data from the failover, like a replica that cannot reach its new master, and is configured
//! to serve it nevertheless. The mutant of each case is a server that claims to be still the master.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use session_authority::{
    domain::{Bucket, SessionId},
    store::{
        AlertPosition, AlertStream, BackgroundStore, LoadOutcome, Outbox, SessionStore, StoreClock, StoreError,
        redis::{RedisOptions, RedisSessionStore},
    },
};

use super::{
    node::{CacheNode, is_live},
    tampering_proxy::{ProxyTampering, TamperingProxy},
};
use crate::{
    conformance::{
        operations::revoke,
        users::{NOW, TestUser},
    },
    support::{redis::RedisServer, redis_cluster::until},
};

/// Validations after each failover.
const ATTEMPTS: usize = 50;

/// A master with a replica. Stores reach the master through a proxy that may tamper with its replies.
struct FailoverPair {
    old: RedisServer,
    new: RedisServer,
    proxy: TamperingProxy,
}

impl FailoverPair {
    async fn start(tampering: ProxyTampering) -> Self {
        let (old, new) = tokio::join!(RedisServer::start(), RedisServer::start());
        for server in [&old, &new] {
            server.command(&["CONFIG", "SET", "replica-serve-stale-data", "yes"]).await.expect("a setting");
        }
        new.replicate(&old).await;
        let front = TamperingProxy::start(old.address(), tampering).await;
        Self { old, new, proxy: front }
    }

    fn url(&self) -> String {
        self.old.url_through(self.proxy.address)
    }

    /// Promotes the replica, which has all data. Returns a store on it.
    async fn fail_over(&self) -> RedisSessionStore {
        self.old.wait_until_replicated().await;
        self.old.demote().await;
        self.new.promote().await;
        RedisSessionStore::connect(&self.new.url()).await.expect("a store")
    }
}

async fn sign_in(store: &RedisSessionStore, name: &str) -> SessionId {
    let user = TestUser::new(name);
    store.create(user.login(1, NOW)).await.expect("a session");
    user.session_id(1)
}

/// Signs in, fails over and revokes. Returns how many validations without a cache accept the session afterwards.
async fn accepted_without_a_cache(tampering: ProxyTampering) -> usize {
    accepted_by_store(FailoverPair::start(tampering).await).await
}

async fn accepted_by_store(pair: FailoverPair) -> usize {
    let store = RedisSessionStore::connect(&pair.url()).await.expect("a store");
    let id = sign_in(&store, "ann").await;
    assert!(matches!(store.load(id).await, Ok(LoadOutcome::Found(_))));
    pair.fail_over().await.revoke(revoke(id, NOW)).await.expect("an ending");
    let mut accepted = 0;
    for _ in 0..ATTEMPTS {
        accepted += usize::from(matches!(store.load(id).await, Ok(LoadOutcome::Found(_))));
    }
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_cache_nothing_is_accepted_after_a_failover() {
    assert_eq!(accepted_without_a_cache(ProxyTampering::Nothing).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_without_a_cache_a_server_that_claims_to_be_the_master_is_believed() {
    assert_eq!(accepted_without_a_cache(ProxyTampering::ClaimsMaster).await, ATTEMPTS);
}

/// The same holds for a server without the ROLE command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_ask_for_the_role_nothing_is_accepted_after_a_failover() {
    let pair = FailoverPair::start(ProxyTampering::Nothing).await;
    for server in [&pair.old, &pair.new] {
        server.command(&["ACL", "SETUSER", "session-authority", "-role"]).await.expect("fewer rights");
    }
    assert_eq!(accepted_by_store(pair).await, 0);
}

/// The same with STRONG validations on an idle node, which renews its leases once a second.
async fn accepted_by_strong_reads(tampering: ProxyTampering) -> usize {
    let pair = FailoverPair::start(tampering).await;
    let node = CacheNode::connect(&pair.url()).await;
    let kept = sign_in(&node.store, "ann").await;
    let unknown = sign_in(&node.store, "bob").await;
    node.wait_until_cached(kept).await;
    // Long enough for the node to become idle.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let new = pair.fail_over().await;
    for id in [kept, unknown] {
        new.revoke(revoke(id, NOW)).await.expect("an ending");
    }
    let mut accepted = 0;
    for _ in 0..ATTEMPTS {
        for id in [kept, unknown] {
            accepted += usize::from(node.reads.read_strong(id).await.is_ok_and(|seen| is_live(&seen)));
        }
    }
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strong_read_accepts_nothing_after_a_failover() {
    assert_eq!(accepted_by_strong_reads(ProxyTampering::Nothing).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_a_strong_read_believes_a_server_that_claims_to_be_the_master() {
    assert_eq!(accepted_by_strong_reads(ProxyTampering::ClaimsMaster).await, 2 * ATTEMPTS);
}

/// The same on a node whose Redis user may not enable tracking.
async fn accepted_without_the_right_to_track(tampering: ProxyTampering) -> usize {
    let pair = FailoverPair::start(tampering).await;
    pair.old.command(&["ACL", "SETUSER", "session-authority", "-client|tracking"]).await.expect("fewer rights");
    let node = CacheNode::connect(&pair.url()).await;
    until("the node reports the reason", async || !node.tracking_errors().is_empty()).await;
    let id = sign_in(&node.store, "ann").await;
    assert!(is_live(&node.read(id).await));
    pair.fail_over().await.revoke(revoke(id, NOW)).await.expect("an ending");
    let mut accepted = 0;
    for _ in 0..ATTEMPTS {
        accepted += usize::from(node.reads.read_bounded(id).await.is_ok_and(|seen| is_live(&seen)));
    }
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_track_nothing_is_accepted_after_a_failover() {
    assert_eq!(accepted_without_the_right_to_track(ProxyTampering::Nothing).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_without_the_right_to_track_a_server_that_claims_to_be_the_master_is_believed() {
    assert_eq!(accepted_without_the_right_to_track(ProxyTampering::ClaimsMaster).await, ATTEMPTS);
}

/// Demoted, promoted and demoted again: connections from in between are to a master.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_accepted_after_two_failovers_in_quick_succession() {
    let pair = FailoverPair::start(ProxyTampering::Nothing).await;
    let node = CacheNode::connect(&pair.url()).await;
    let id = sign_in(&node.store, "ann").await;
    node.wait_until_cached(id).await;
    pair.old.wait_until_replicated().await;
    pair.old.demote().await;
    until("the node reports a replica", async || node.tracking_errors().iter().any(|why| why.contains("replica")))
        .await;
    pair.old.promote().await;
    until("the server is read again", async || node.store.load(id).await.is_ok()).await;
    pair.old.demote().await;
    pair.new.promote().await;
    let new = RedisSessionStore::connect(&pair.new.url()).await.expect("a store");
    new.revoke(revoke(id, NOW)).await.expect("an ending");
    for _ in 0..ATTEMPTS {
        for seen in [node.reads.read_strong(id).await, node.reads.read_store(id).await] {
            assert!(!seen.is_ok_and(|seen| is_live(&seen)));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Every read is the first one on a separate connection after the demotion of the master.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_of_a_replica_fails_on_connections_that_were_made_before() {
    const READS: [&str; 13] = [
        "load",
        "load_user_state",
        "list",
        "sweep",
        "read_outbox",
        "backlog",
        "time",
        "pending_findings",
        "inspect",
        "outbox lengths",
        "findings lengths",
        "read alerts",
        "newest alert",
    ];
    let server = RedisServer::start().await;
    let mut admin = server.admin().await;
    server.command(&["CONFIG", "SET", "replica-serve-stale-data", "yes"]).await.expect("a setting");
    let options = RedisOptions { connections: 1, ..RedisOptions::default() };
    let mut stores = Vec::new();
    for _ in READS {
        stores.push(RedisSessionStore::connect_with(&server.url(), &options).await.expect("a store"));
    }
    sign_in(&stores[0], "ann").await;
    server.demote().await;
    let connections = connections(&mut admin).await;
    for (read, store) in READS.iter().zip(&stores) {
        let error = failure_of(read, store).await;
        assert!(error.contains("replica") || error.contains("READONLY"), "{read}: {error}");
    }
    assert!(connections >= READS.len(), "the connections were open before");
    server.promote().await;
    for (read, store) in READS.iter().zip(&stores) {
        until("reads from the master succeed", async || answer_to(read, store).await.is_ok()).await;
    }
}

async fn connections(admin: &mut MultiplexedConnection) -> usize {
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(admin).await.expect("clients");
    clients.lines().filter(|line| line.contains("user=session-authority")).count()
}

async fn failure_of(read: &str, store: &RedisSessionStore) -> String {
    answer_to(read, store).await.expect_err(read).to_string()
}

async fn answer_to(read: &str, store: &RedisSessionStore) -> Result<(), StoreError> {
    let ann = TestUser::new("ann");
    match read {
        "load" => store.load(ann.session_id(1)).await.map(drop),
        "load_user_state" => store.load_user_state(&ann.owner, ann.handle, NOW).await.map(drop),
        "list" => store.list(&ann.owner, ann.handle, &[], NOW).await.map(drop),
        "sweep" => store.sweep(ann.bucket(), NOW, 10).await.map(drop),
        "read_outbox" => store.read_outbox(Bucket::ALL, 10).await.map(drop),
        "backlog" => store.backlog().await.map(drop),
        "time" => store.time().await.map(drop),
        "pending_findings" => store.pending_findings().await.map(drop),
        "inspect" => store.inspect(Bucket::ALL, NOW).await.map(drop),
        "outbox lengths" => store.outbox_lengths(Bucket::ALL).await.map(drop),
        "findings lengths" => store.findings_lengths(Bucket::ALL).await.map(drop),
        "read alerts" => AlertStream::read(store, AlertPosition::START, 10).await.map(drop),
        _ => store.newest().await.map(drop),
    }
}
