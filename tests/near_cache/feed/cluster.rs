//! What the masters of a Cluster tell a node.

use session_authority::{
    domain::{Bucket, event::Scope},
    store::{SessionStore, redis::RedisSessionStore},
};

use super::node::{Node, is_live};
use crate::{
    conformance::{
        acts::{revoke, revoke_mass},
        people::{NOW, User},
    },
    support::redis_cluster::{BorrowedCluster, RedisCluster, until},
};

fn users() -> Vec<User> {
    Bucket::all().map(|bucket| User::new(&format!("user of {bucket}")).in_bucket(bucket.0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_of_all_buckets_are_kept_and_told_of() {
    let cluster = BorrowedCluster::empty().await;
    let node = Node::on(&cluster.url()).await;
    let other = RedisSessionStore::connect(&cluster.url()).await.expect("a store");
    node.is_told_of_all().await;
    assert_eq!(node.untold(), [""; 0]);
    for user in users() {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.keeps(user.session_id(1)).await;
    }
    for user in users().iter().step_by(16) {
        let id = user.session_id(1);
        other.revoke(revoke(id, NOW)).await.expect("an ending");
        assert!(!is_live(&node.read_from_now_on(id).await));
    }
    other.revoke_mass(revoke_mass(Scope::Everyone, NOW, 1)).await.expect("an operation");
    for user in users() {
        assert!(!is_live(&node.read_from_now_on(user.session_id(1)).await));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_is_let_go_while_it_moves_and_told_of_by_its_new_master() {
    let cluster = RedisCluster::start().await;
    let node = Node::on(&cluster.url()).await;
    let other = RedisSessionStore::connect(&cluster.url()).await.expect("a store");
    let [moves, stays] = [0x2a, 0x2b].map(|bucket| User::new("ann").in_bucket(bucket));
    for user in [&moves, &stays] {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.keeps(user.session_id(1)).await;
    }
    let key = "sa1:{2a}:meta";
    let (slot, from) = (cluster.slot_of(key).await, cluster.master_of(key, 0).await);
    let to = (from + 1) % 3;

    // No mass revocation was ever made, so its key could be written at the new master and nobody would tell here.
    cluster.begin_move(slot, from, to).await;
    until("it is let go", async || !node.is_told_of(moves.bucket())).await;
    assert!(node.is_told_of(stays.bucket()));
    assert!(is_live(&node.read(moves.session_id(1)).await), "it is read all the same");
    for key in cluster.keys(slot, from).await {
        cluster.move_key(&key, from, to).await;
    }
    cluster.finish_move(slot, from, to).await;

    node.keeps(moves.session_id(1)).await;
    assert_eq!(cluster.master_of(key, 0).await, to);
    other.revoke(revoke(moves.session_id(1), NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_from_now_on(moves.session_id(1)).await));
    assert!(node.read(stays.session_id(1)).await.from_memory || node.read(stays.session_id(1)).await.from_memory);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_replica_that_takes_over_tells_from_then_on() {
    let cluster = RedisCluster::with_replicas().await;
    let node = Node::on(&cluster.url()).await;
    let user = User::new("ann");
    let id = user.session_id(1);
    node.store.create(user.login(1, NOW)).await.expect("a session");
    node.keeps(id).await;
    let key = format!("sa1:{{{}}}:meta", user.bucket());
    let master = cluster.master_of(&key, 0).await;
    cluster.is_replicated(master).await;
    cluster.nodes[master].kill();
    until("it is let go", async || !node.is_told_of(user.bucket())).await;
    until("its new master tells", async || node.is_told_of(user.bucket())).await;
    node.keeps(id).await;
    node.store.revoke(revoke(id, NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_from_now_on(id).await));
}
