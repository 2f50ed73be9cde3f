//! Masters that run but serve no keys.

use session_authority::store::{StoreClock, StoreError};

use super::{connect_store, outbox_key};
use crate::support::redis_cluster::{RedisCluster, run_cluster_command, until};

/// A partition that is cut off from most masters behaves like this: every command with a key is refused.
#[tokio::test]
async fn a_cluster_that_is_down_returns_no_time() {
    let cluster = RedisCluster::start().await;
    let store = connect_store(&cluster).await;
    store.time().await.expect("the time");
    let slot = cluster.slot_of(&outbox_key(0)).await.to_string();
    for mut admin in cluster.admins().await {
        let mut strict = redis::cmd("CONFIG");
        strict.arg("SET").arg("cluster-require-full-coverage").arg("yes").exec_async(&mut admin).await.expect("strict");
    }
    for node in &cluster.nodes {
        run_cluster_command(node, &["DELSLOTS", &slot]).await.expect("a slot without a master");
    }
    for mut admin in cluster.admins().await {
        until("the Cluster is down", async || {
            let cluster_info: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut admin).await.expect("INFO");
            cluster_info.contains("cluster_state:fail")
        })
        .await;
        // The mutant: by this command alone, the node would seem to work.
        redis::cmd("TIME").exec_async(&mut admin).await.expect("the time");
    }
    let error = store.time().await.expect_err("the cluster is down");
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
}
