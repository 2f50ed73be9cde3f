//! Servers that cannot tell what a cache rests on.

use session_authority::{domain::Bucket, store::SessionStore};

use super::feed_node::{Node, is_live};
use crate::{
    conformance::people::{NOW, User},
    support::{redis::RedisServer, redis_cluster::until},
};

/// A node on a server that its user may not say everything to.
async fn without(right: &str) -> (RedisServer, Node) {
    let server = RedisServer::start().await;
    let mut take = redis::cmd("ACL");
    take.arg("SETUSER").arg("session-authority").arg(format!("-{right}"));
    take.exec_async(&mut server.admin().await).await.expect("fewer rights");
    let node = Node::on(&server.url()).await;
    until("it says why", async || !node.untold().is_empty()).await;
    (server, node)
}

async fn is_used_all_the_same(node: &Node) {
    assert!(Bucket::all().all(|bucket| !node.is_told_of(bucket)));
    let ann = User::new("ann");
    node.store.create(ann.login(1, NOW)).await.expect("a session");
    for _ in 0..3 {
        let seen = node.read(ann.session_id(1)).await;
        assert!(is_live(&seen) && !seen.from_memory);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_knows_no_tracking_is_used_without_a_memory() {
    let (_server, node) = without("client|tracking").await;
    assert!(node.untold()[0].contains("client|tracking"), "{:?}", node.untold());
    is_used_all_the_same(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_only_the_old_protocol_is_used_without_a_memory() {
    let (_server, node) = without("hello").await;
    is_used_all_the_same(&node).await;
}
