//! Servers that do not support the tracking that a cache requires.

use session_authority::{domain::Bucket, near_cache::source::InvalidationSource, store::SessionStore};

use super::{
    node::{CacheNode, is_live},
    tampering_proxy::{ProxyTampering, TamperingProxy},
};
use crate::{
    conformance::users::{NOW, TestUser},
    support::{redis::RedisServer, redis_cluster::until},
};

/// Starts a node whose Redis user lacks a permission.
async fn node_without_right(right: &str) -> (RedisServer, CacheNode) {
    let server = RedisServer::start().await;
    let mut take = redis::cmd("ACL");
    take.arg("SETUSER").arg("session-authority").arg(format!("-{right}"));
    take.exec_async(&mut server.admin().await).await.expect("fewer rights");
    let node = CacheNode::connect(&server.url()).await;
    until("the node reports the reason", async || !node.tracking_errors().is_empty()).await;
    (server, node)
}

async fn assert_served_from_store(node: &CacheNode) {
    assert!(Bucket::all().all(|bucket| !node.is_tracked(bucket)));
    let ann = TestUser::new("ann");
    node.store.create(ann.login(1, NOW)).await.expect("a session");
    for _ in 0..3 {
        let seen = node.read(ann.session_id(1)).await;
        assert!(is_live(&seen) && !seen.is_from_cache());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_knows_no_tracking_is_used_without_a_memory() {
    let (_server, node) = node_without_right("client|tracking").await;
    assert!(node.tracking_errors()[0].contains("client|tracking"), "{:?}", node.tracking_errors());
    assert_served_from_store(&node).await;
}

/// Starts a node behind a proxy that changes the behaviour of the server.
async fn node_behind_proxy(tampering: ProxyTampering) -> (RedisServer, TamperingProxy, CacheNode) {
    let server = RedisServer::start().await;
    let proxy = TamperingProxy::start(server.address(), tampering).await;
    let node = CacheNode::connect(&server.url_through(proxy.address)).await;
    until("the node reports a tracking status", async || !node.store.status().is_empty()).await;
    (server, proxy, node)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_only_the_old_protocol_is_used_without_a_memory() {
    let (_server, _proxy, node) = node_behind_proxy(ProxyTampering::NoHello).await;
    // The message of the server itself contains the password.
    assert_eq!(node.tracking_errors(), ["RESP3 is not supported"]);
    assert_served_from_store(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_late_invalidations_is_used_without_a_cache() {
    let (_server, _proxy, node) = node_behind_proxy(ProxyTampering::LateInvalidation).await;
    assert!(node.tracking_errors()[0].contains("invalidations after later replies"), "{:?}", node.tracking_errors());
    assert_served_from_store(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_invalidations_is_used_without_a_cache() {
    let (_server, _proxy, node) = node_behind_proxy(ProxyTampering::NoInvalidation).await;
    assert!(node.tracking_errors()[0].contains("no invalidation for its own writes"), "{:?}", node.tracking_errors());
    assert_served_from_store(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_server_without_tampering_is_tracked() {
    let (_server, _proxy, node) = node_behind_proxy(ProxyTampering::Nothing).await;
    node.wait_until_all_tracked().await;
}
