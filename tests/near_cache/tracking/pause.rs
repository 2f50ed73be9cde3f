//! A server that pauses for seconds costs time, but no cached entry.

use std::time::Duration;

use session_authority::{
    domain::SessionId,
    store::{SessionStore, redis::RedisSessionStore},
};

use super::{
    node::{CacheNode, is_live},
    server::{end_tracking_connection, reads},
};
use crate::{
    conformance::{
        operations::revoke,
        users::{NOW, TestUser},
    },
    near_cache::MAX_STALENESS,
    support::{
        proxy::{ProxyDirection, TcpProxy},
        redis::RedisServer,
        redis_cluster::until,
    },
};

/// A pause longer than the response timeout of a store, and than the time after which a node checks the reason.
const PAUSE: Duration = Duration::from_millis(2_500);

async fn cached_sessions(node: &CacheNode) -> Vec<SessionId> {
    let mut ids = Vec::new();
    for number in 0..40 {
        let user = TestUser::new(&format!("user {number}"));
        node.store.create(user.login(1, NOW)).await.expect("a session");
        node.wait_until_cached(user.session_id(1)).await;
        ids.push(user.session_id(1));
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_given_out_again_after_a_pause_of_the_server() {
    let server = RedisServer::start().await;
    let node = CacheNode::connect(&server.url()).await;
    let ids = cached_sessions(&node).await;
    let mut admin = server.admin().await;
    let before = reads(&mut admin).await;

    server.pause();
    tokio::time::sleep(MAX_STALENESS).await;
    assert!(ids.iter().all(|id| node.reads.try_cached(*id).is_none()), "no proof that the entries are still valid");
    node.reads.read_bounded(ids[0]).await.expect_err("a server that is silent");
    tokio::time::sleep(PAUSE).await;
    assert!(ids.iter().all(|id| node.reads.try_cached(*id).is_none()));
    server.resume();

    until("the lease is renewed", async || node.reads.try_cached(ids[0]).is_some()).await;
    for id in &ids {
        let seen = node.read(*id).await;
        assert!(is_live(&seen) && seen.is_from_cache(), "{id}: {seen:?}");
    }
    // The two reads of the validation without a response reached the server nevertheless, once it resumed.
    let after = reads(&mut admin).await;
    assert!(after - before <= 4, "{} reads after the pause", after - before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_revoked_during_a_pause_of_the_network_is_forgotten_before_anything_is_given_out() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    let node = CacheNode::connect(&server.url_through(proxy.address())).await;
    let ids = cached_sessions(&node).await;
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");

    proxy.freeze(ProxyDirection::Requests);
    proxy.freeze(ProxyDirection::Replies);
    let (revoked, live) = ids.split_at(10);
    for id in revoked {
        other.revoke(revoke(*id, NOW)).await.expect("an ending");
    }
    tokio::time::sleep(PAUSE).await;
    proxy.thaw(ProxyDirection::Requests);
    proxy.thaw(ProxyDirection::Replies);

    let mut accepted = 0;
    until("active sessions are served again", async || {
        accepted += revoked.iter().filter_map(|id| node.reads.try_cached(*id)).filter(is_live).count();
        node.reads.try_cached(live[0]).is_some()
    })
    .await;
    assert_eq!(accepted, 0);
    for id in live {
        let seen = node.read(*id).await;
        assert!(is_live(&seen) && seen.is_from_cache(), "{id}: {seen:?}");
    }
    for id in revoked {
        assert!(!is_live(&node.read(*id).await));
    }
}

/// Returns the hit rate of validations that follow right after `happens` to the node's server.
async fn hit_rate_after(happens: impl AsyncFnOnce(&RedisServer, &CacheNode)) -> f64 {
    let server = RedisServer::start().await;
    let (node, counted) = CacheNode::with_counters(&server.url()).await;
    let ids = cached_sessions(&node).await;
    happens(&server, &node).await;
    let before = counted.snapshot();
    for _ in 0..5 {
        for id in &ids {
            assert!(is_live(&node.read(*id).await));
        }
    }
    counted.snapshot().hit_rate_since(&before)
}

/// The first validation waits for a proof, and none for a read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_pause_of_two_seconds_validations_are_hits_at_once() {
    let rate = hit_rate_after(async |server, _| {
        server.pause();
        tokio::time::sleep(Duration::from_secs(2)).await;
        server.resume();
    });
    let rate = rate.await;
    assert!(rate >= 0.99, "a hit rate of {rate}");
}

/// After the connection was lost, every session is read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_after_a_lost_connection_they_are_not() {
    let rate = hit_rate_after(async |server, node| {
        end_tracking_connection(&mut server.admin().await).await;
        until("the cache is cleared", async || node.memory.size().sessions == 0).await;
    });
    let rate = rate.await;
    assert!(rate < 0.99, "a hit rate of {rate}");
}
