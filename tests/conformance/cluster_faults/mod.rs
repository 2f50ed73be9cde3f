//! What a Redis Cluster does to the store: slots move, masters fail, nodes come and go.
//!
//! What must hold: a call is answered with what is so, or with an error that says whether it may have been carried out.
//! Never is a session missing or ended that is live, and never live after its end was answered by a master that is
//! still one.

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

/// A store that waits so long for an answer.
async fn connect_with_timeout(cluster: &RedisCluster, patience: Duration) -> RedisSessionStore {
    let options = RedisOptions { response_timeout: patience, ..RedisOptions::default() };
    RedisSessionStore::connect_with(&cluster.url(), &options).await.expect("a store on a Redis Cluster")
}

/// The outbox's key, by which the bucket's slot and master are found.
fn outbox_key(bucket: u8) -> String {
    format!("sa1:{{{bucket:02x}}}:outbox")
}

/// The answer, once there is one. Meanwhile nothing may have been carried out.
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
    tokio::time::timeout(Duration::from_mins(1), trying).await.expect("an answer within a minute")
}
