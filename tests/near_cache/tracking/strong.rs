//! A STRONG read includes every change acknowledged before it, even if invalidations are late.

use std::time::Duration;

use session_authority::store::{SessionStore, redis::RedisSessionStore};

use super::node::{CacheNode, is_live};
use crate::{
    conformance::{
        operations::revoke,
        users::{NOW, TestUser},
    },
    support::{
        proxy::{ProxyDirection, TcpProxy},
        redis::RedisServer,
        redis_cluster::RedisCluster,
    },
};

/// A delay shorter than the bound, and much longer than a round trip.
const LATE: Duration = Duration::from_millis(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strong_reads_wait_for_late_invalidations_and_others_do_not() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    proxy.target_connections("TRACKING");
    let node = CacheNode::connect(&server.url_through(proxy.address())).await;
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    let users: Vec<_> = (0..5).map(|number| TestUser::new(&format!("user {number}"))).collect();
    for user in &users {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.wait_until_cached(user.session_id(1)).await;
    }
    proxy.delay(ProxyDirection::Replies, LATE);
    let mut accepted = 0;
    for user in &users {
        let id = user.session_id(1);
        let before = node.reads.read_strong(id).await.expect("a read");
        assert!(is_live(&before) && before.is_from_cache(), "without a change there is no read");
        other.revoke(revoke(id, NOW)).await.expect("an ending");
        accepted += usize::from(is_live(&node.read(id).await));
        assert!(!is_live(&node.reads.read_strong(id).await.expect("a read")));
    }
    assert!(accepted > 0, "within the bound, BOUNDED reads accept ended sessions");
}

/// Concurrent STRONG reads share a probe, and each result is as of its own request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_each_bucket_is_asked_for_at_its_own_master() {
    let cluster = RedisCluster::start().await;
    let node = CacheNode::connect(&cluster.url()).await;
    let other = RedisSessionStore::connect(&cluster.url()).await.expect("a store");
    let users: Vec<_> = (0..=u8::MAX).step_by(8).map(|bucket| TestUser::new("ann").in_bucket(bucket)).collect();
    for user in &users {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.wait_until_cached(user.session_id(1)).await;
    }
    for (number, user) in users.iter().enumerate() {
        other.revoke(revoke(user.session_id(1), NOW)).await.expect("an ending");
        let reads = users.iter().map(|user| node.reads.read_strong(user.session_id(1)));
        let seen = futures_util::future::join_all(reads).await;
        let live: Vec<_> = seen.into_iter().map(|seen| is_live(&seen.expect("a read"))).collect();
        let due: Vec<_> = (0..users.len()).map(|other| other > number).collect();
        assert_eq!(live, due);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_word_the_store_itself_is_asked() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    proxy.target_connections("TRACKING");
    let node = CacheNode::connect(&server.url_through(proxy.address())).await;
    let ann = TestUser::new("ann");
    node.store.create(ann.login(1, NOW)).await.expect("a session");
    node.wait_until_cached(ann.session_id(1)).await;
    proxy.freeze(ProxyDirection::Replies);
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    other.revoke(revoke(ann.session_id(1), NOW)).await.expect("an ending");
    let seen = node.reads.read_strong(ann.session_id(1)).await.expect("a read");
    assert!(!is_live(&seen) && !seen.is_from_cache());
}
