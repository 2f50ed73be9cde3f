//! Masters that run, and serve nobody.

use session_authority::store::{SessionStore, StoreError};

use super::{key_in, store_on};
use crate::support::redis_cluster::{RedisCluster, say, until};

/// So is a part that is cut off from most masters: every command with a key is refused there.
#[tokio::test]
async fn a_cluster_that_is_down_tells_no_time() {
    let cluster = RedisCluster::start().await;
    let store = store_on(&cluster).await;
    store.time().await.expect("the time");
    let slot = cluster.slot_of(&key_in(0)).await.to_string();
    for mut admin in cluster.admins().await {
        let mut strict = redis::cmd("CONFIG");
        strict.arg("SET").arg("cluster-require-full-coverage").arg("yes").exec_async(&mut admin).await.expect("strict");
    }
    for node in &cluster.nodes {
        say(node, &["DELSLOTS", &slot]).await.expect("a slot that nobody serves");
    }
    for mut admin in cluster.admins().await {
        until("the Cluster is down", async || {
            let told: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut admin).await.expect("INFO");
            told.contains("cluster_state:fail")
        })
        .await;
        // The twin: by this alone it would count as well.
        redis::cmd("TIME").exec_async(&mut admin).await.expect("the time");
    }
    let error = store.time().await.expect_err("nobody serves");
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
}
