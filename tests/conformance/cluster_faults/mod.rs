//! Faults of a Redis Cluster: slots move, masters fail, nodes come and go.
//!
//! A call must return the actual state, or an error that states whether the call may have been executed. An active
//! session is never reported as missing or ended. A session is never reported as active after its end was acknowledged
//! by a master that is still one.

mod addresses;
mod client_cancellation;
mod cluster_down;
mod failover;
mod slot_migration;
mod under_load;
mod user_migration;

use std::time::Duration;

use session_authority::store::StoreError;
use session_authority::store::redis::{RedisOptions, RedisSessionStore};

use crate::support::redis_cluster::RedisCluster;

async fn connect_store(cluster: &RedisCluster) -> RedisSessionStore {
    RedisSessionStore::connect(&cluster.url()).await.expect("a store on a Redis Cluster")
}

/// Connects a store with the response timeout `patience`.
async fn connect_with_timeout(cluster: &RedisCluster, patience: Duration) -> RedisSessionStore {
    let options = RedisOptions { response_timeout: patience, ..RedisOptions::default() };
    RedisSessionStore::connect_with(&cluster.url(), &options).await.expect("a store on a Redis Cluster")
}

/// Returns the outbox key, by which the slot and the master of the bucket are found.
fn outbox_key(bucket: u8) -> String {
    format!("sa1:{{{bucket:02x}}}:outbox")
}

/// Retries until the call succeeds. The failed attempts must not have been executed.
async fn retry_until_ok<T>(mut call: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    let trying = async {
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(error) => assert!(!error.is_ambiguous(), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), trying).await.expect("a response within a minute")
}
