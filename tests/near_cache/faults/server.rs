//! A Redis that is suspended, killed, emptied, or demoted.

use redis::aio::MultiplexedConnection;

use super::scenario::{CacheScenario, WitnessSession, wait_a_while};
use crate::support::{redis::RedisServer, redis_cluster::until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stands_still() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
    scene
        .repeat_fault(async |scene| {
            scene.environment.redis.pause();
            witness.wait_until_unavailable(&scene.channels[0]).await;
            wait_a_while().await;
            witness.wait_until_unavailable(&scene.channels[0]).await;
            scene.environment.redis.resume();
        })
        .await;
    scene.assert_no_violations("Redis stopped and continued").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_killed_and_comes_back_with_all_that_it_answered() {
    let mut scene = CacheScenario::with_redis(RedisServer::durable().await).await;
    scene
        .repeat_fault(async |scene| {
            scene.environment.redis.kill();
            wait_a_while().await;
            scene.environment.redis.restart().await;
        })
        .await;
    scene.assert_no_violations("Redis killed and restarted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_emptied() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    let mut admin = scene.environment.redis.admin().await;
    scene
        .repeat_fault(async |scene| {
            let empty = async || redis::cmd("FLUSHALL").exec_async(&mut admin).await.expect("an empty Redis");
            scene.load.revoke_directly(empty).await;
            wait_a_while().await;
        })
        .await;
    scene.assert_no_violations("FLUSHALL").await;
}

/// A replica still serves reads of any age, so it is not queried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_made_a_replica() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    let mut admin = scene.environment.redis.admin().await;
    let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
    scene
        .repeat_fault(async |scene| {
            let node = &scene.channels[0];
            replica_of(&mut admin, ["127.0.0.1", "1"]).await;
            until("there is no verdict", async || witness.source(node).await.is_none()).await;
            wait_a_while().await;
            assert_eq!(witness.source(node).await, None);
            replica_of(&mut admin, ["NO", "ONE"]).await;
        })
        .await;
    scene.assert_no_violations("Redis made a replica and master again").await;
}

async fn replica_of(admin: &mut MultiplexedConnection, master: [&str; 2]) {
    redis::cmd("REPLICAOF").arg(&master).exec_async(admin).await.expect("another role");
}

/// Validations continue, while changes fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_refuses_to_write() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
    scene
        .repeat_fault(async |scene| {
            set(&scene.environment.redis, &["min-replicas-to-write", "1"]).await;
            wait_a_while().await;
            assert!(witness.source(&scene.channels[0]).await.is_some());
            set(&scene.environment.redis, &["min-replicas-to-write", "0"]).await;
        })
        .await;
    scene.assert_no_violations("Redis refuses to write").await;
}

/// Eviction would remove sessions or the record of a revocation, so such a server is not used at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_evict() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
    scene
        .repeat_fault(async |scene| {
            set(&scene.environment.redis, &["maxmemory-policy", "allkeys-lru", "maxmemory", "1gb"]).await;
            witness.wait_until_unavailable(&scene.channels[0]).await;
            wait_a_while().await;
            witness.wait_until_unavailable(&scene.channels[0]).await;
            set(&scene.environment.redis, &["maxmemory-policy", "noeviction"]).await;
        })
        .await;
    scene.assert_no_violations("Redis allowed to evict").await;
}

/// A tracking table for one key, so nearly every key that is read is invalidated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_floods_nodes_with_changes() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    scene
        .repeat_fault(async |scene| {
            set(&scene.environment.redis, &["tracking-table-max-keys", "1"]).await;
            wait_a_while().await;
            set(&scene.environment.redis, &["tracking-table-max-keys", "1000000"]).await;
        })
        .await;
    scene.assert_no_violations("Redis floods nodes with changes").await;
}

async fn set(redis: &RedisServer, settings: &[&str]) {
    redis.command(&[&["CONFIG", "SET"], settings].concat()).await.expect("other settings");
}
