//! Slots that move between the masters of a Cluster.

use std::time::Duration;

use session_authority::domain::Bucket;

use super::scenario::CacheScenario;
use crate::support::redis_cluster::RedisCluster;

/// Buckets whose slots are moved back and forth.
const MOVING: [u8; 12] = [0, 7, 31, 64, 90, 101, 128, 150, 170, 199, 222, 255];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_move() {
    let cluster = RedisCluster::start().await;
    let urls = [cluster.url(), cluster.url()];
    let mut scene = CacheScenario::start(cluster, &urls).await;
    scene
        .repeat_fault(async |scene| {
            for bucket in MOVING {
                let cluster = &scene.environment;
                let key = format!("sa1:{{{}}}:meta", Bucket(bucket));
                let (slot, from) = (cluster.slot_of(&key).await, cluster.master_of(&key, 0).await);
                cluster.move_slot(slot, from, (from + 1) % 3).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    scene.assert_no_violations("slots moved in a Cluster").await;
}
