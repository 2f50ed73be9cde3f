//! A strong read sees all that was answered before it, however late it is told.

use std::time::Duration;

use session_authority::store::{SessionStore, redis::RedisSessionStore};

use super::node::{Node, is_live};
use crate::{
    conformance::{
        acts::revoke,
        people::{NOW, User},
    },
    support::{
        proxy::{Direction, TcpProxy},
        redis::RedisServer,
        redis_cluster::RedisCluster,
    },
};

/// Shorter than the bound, and much longer than a round trip.
const LATE: Duration = Duration::from_millis(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_late_is_waited_for_by_strong_reads_and_not_by_others() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::to(server.address()).await;
    proxy.aim_at("TRACKING");
    let node = Node::on(&server.url_through(proxy.address())).await;
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    let users: Vec<_> = (0..5).map(|number| User::new(&format!("user {number}"))).collect();
    for user in &users {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.keeps(user.session_id(1)).await;
    }
    proxy.delay(Direction::Replies, LATE);
    let mut accepted = 0;
    for user in &users {
        let id = user.session_id(1);
        let before = node.reads.strong(id).await.expect("a read");
        assert!(is_live(&before) && before.from_memory, "nothing has changed, so nothing is read");
        other.revoke(revoke(id, NOW)).await.expect("an ending");
        accepted += usize::from(is_live(&node.read(id).await));
        assert!(!is_live(&node.reads.strong(id).await.expect("a read")));
    }
    assert!(accepted > 0, "within the bound the others accept what was ended");
}

/// Many at the same time share a question, and each has an answer of its own time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_each_bucket_is_asked_for_at_its_own_master() {
    let cluster = RedisCluster::start().await;
    let node = Node::on(&cluster.url()).await;
    let other = RedisSessionStore::connect(&cluster.url()).await.expect("a store");
    let users: Vec<_> = (0..=u8::MAX).step_by(8).map(|bucket| User::new("ann").in_bucket(bucket)).collect();
    for user in &users {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.keeps(user.session_id(1)).await;
    }
    for (number, user) in users.iter().enumerate() {
        other.revoke(revoke(user.session_id(1), NOW)).await.expect("an ending");
        let reads = users.iter().map(|user| node.reads.strong(user.session_id(1)));
        let seen = futures_util::future::join_all(reads).await;
        let live: Vec<_> = seen.into_iter().map(|seen| is_live(&seen.expect("a read"))).collect();
        let due: Vec<_> = (0..users.len()).map(|other| other > number).collect();
        assert_eq!(live, due);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_word_the_store_itself_is_asked() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::to(server.address()).await;
    proxy.aim_at("TRACKING");
    let node = Node::on(&server.url_through(proxy.address())).await;
    let ann = User::new("ann");
    node.store.create(ann.login(1, NOW)).await.expect("a session");
    node.keeps(ann.session_id(1)).await;
    proxy.freeze(Direction::Replies);
    let other = RedisSessionStore::connect(&server.url()).await.expect("a store");
    other.revoke(revoke(ann.session_id(1), NOW)).await.expect("an ending");
    let seen = node.reads.strong(ann.session_id(1)).await.expect("a read");
    assert!(!is_live(&seen) && !seen.from_memory);
}
