//! Servers that cannot tell what a cache rests on.

use session_authority::{
    domain::Bucket,
    store::{SessionStore, TrackedStore},
};

use super::{
    meddler::{Meddler, Meddling},
    node::{Node, is_live},
};
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

/// A node on a server that something between them makes another one of.
async fn through(meddling: Meddling) -> (RedisServer, Meddler, Node) {
    let server = RedisServer::start().await;
    let meddler = Meddler::before(server.address(), meddling).await;
    let node = Node::on(&server.url_through(meddler.address)).await;
    until("it says how it stands", async || !node.store.status().is_empty()).await;
    (server, meddler, node)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_only_the_old_protocol_is_used_without_a_memory() {
    let (_server, _meddler, node) = through(Meddling::NoHello).await;
    // What the server says itself holds the password.
    assert_eq!(node.untold(), ["it does not speak RESP3"]);
    is_used_all_the_same(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_tells_after_it_has_answered_is_used_without_a_memory() {
    let (_server, _meddler, node) = through(Meddling::Late).await;
    assert!(node.untold()[0].contains("after it has answered"), "{:?}", node.untold());
    is_used_all_the_same(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_tells_nothing_is_used_without_a_memory() {
    let (_server, _meddler, node) = through(Meddling::Silent).await;
    assert!(node.untold()[0].contains("does not tell"), "{:?}", node.untold());
    is_used_all_the_same(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twin_the_same_server_without_meddling_is_told_of() {
    let (_server, _meddler, node) = through(Meddling::Nothing).await;
    node.is_told_of_all().await;
}
