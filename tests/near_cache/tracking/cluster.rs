//! Invalidations from the masters of a Cluster.

use session_authority::{
    domain::{Bucket, event::RevocationScope},
    store::{SessionStore, redis::RedisSessionStore},
};

use super::node::{CacheNode, is_live};
use crate::{
    conformance::{
        operations::{revoke, revoke_mass},
        users::{NOW, TestUser},
    },
    support::redis_cluster::{BorrowedCluster, RedisCluster, until},
};

fn users() -> Vec<TestUser> {
    Bucket::all().map(|bucket| TestUser::new(&format!("user of {bucket}")).in_bucket(bucket.0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_of_all_buckets_are_cached_and_invalidated() {
    let cluster = BorrowedCluster::empty().await;
    let node = CacheNode::connect(&cluster.url()).await;
    let other = RedisSessionStore::connect(&cluster.url()).await.expect("a store");
    node.wait_until_all_tracked().await;
    assert_eq!(node.tracking_errors(), [""; 0]);
    for user in users() {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.wait_until_cached(user.session_id(1)).await;
    }
    for user in users().iter().step_by(16) {
        let id = user.session_id(1);
        other.revoke(revoke(id, NOW)).await.expect("an ending");
        assert!(!is_live(&node.read_fresh(id).await));
    }
    other.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 1)).await.expect("an operation");
    for user in users() {
        assert!(!is_live(&node.read_fresh(user.session_id(1)).await));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_is_dropped_while_it_moves_and_tracked_by_its_new_master() {
    let cluster = RedisCluster::start().await;
    let node = CacheNode::connect(&cluster.url()).await;
    let other = RedisSessionStore::connect(&cluster.url()).await.expect("a store");
    let [moves, stays] = [0x2a, 0x2b].map(|bucket| TestUser::new("ann").in_bucket(bucket));
    for user in [&moves, &stays] {
        other.create(user.login(1, NOW)).await.expect("a session");
        node.wait_until_cached(user.session_id(1)).await;
    }
    let key = "sa1:{2a}:meta";
    let (slot, from) = (cluster.slot_of(key).await, cluster.master_of(key, 0).await);
    let to = (from + 1) % 3;

    // There has been no mass revocation, so its key could be written on the new master without an invalidation to this
    // node.
    cluster.begin_move(slot, from, to).await;
    until("the bucket is dropped", async || !node.is_tracked(moves.bucket())).await;
    assert!(node.is_tracked(stays.bucket()));
    assert!(is_live(&node.read(moves.session_id(1)).await), "the session is read from the store");
    for key in cluster.keys(slot, from).await {
        cluster.move_key(&key, from, to).await;
    }
    cluster.finish_move(slot, from, to).await;

    node.wait_until_cached(moves.session_id(1)).await;
    assert_eq!(cluster.master_of(key, 0).await, to);
    other.revoke(revoke(moves.session_id(1), NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_fresh(moves.session_id(1)).await));
    assert!(
        node.read(stays.session_id(1)).await.is_from_cache() || node.read(stays.session_id(1)).await.is_from_cache()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_replica_that_takes_over_sends_invalidations_from_then_on() {
    let cluster = RedisCluster::with_replicas().await;
    let node = CacheNode::connect(&cluster.url()).await;
    let user = TestUser::new("ann");
    let id = user.session_id(1);
    node.store.create(user.login(1, NOW)).await.expect("a session");
    node.wait_until_cached(id).await;
    let key = format!("sa1:{{{}}}:meta", user.bucket());
    let master = cluster.master_of(&key, 0).await;
    cluster.wait_until_replicated(master).await;
    cluster.nodes[master].kill();
    until("the bucket is dropped", async || !node.is_tracked(user.bucket())).await;
    until("the new master sends invalidations", async || node.is_tracked(user.bucket())).await;
    node.wait_until_cached(id).await;
    node.store.revoke(revoke(id, NOW)).await.expect("an ending");
    assert!(!is_live(&node.read_fresh(id).await));
}
