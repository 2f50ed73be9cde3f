//! The health of the servers.

use async_trait::async_trait;
use futures_util::future::join_all;
use redis_cluster::{Redirect, RequestFailure};

use super::{
    RedisSessionStore,
    client::{StoreRouter, StoreServer, unreachable},
    keys,
    time::masters_with_buckets,
};
use crate::{
    domain::{Bucket, UnixMillis},
    store::{SettingProblem, StoreError, StoreHealth},
};

const DURING: &str = "probing for write availability";

/// The field of a bucket's `meta` that the probe writes.
const FIELD: &str = "written_at";

#[async_trait]
impl StoreHealth for RedisSessionStore {
    fn engine(&self) -> &'static str {
        if self.router.is_cluster() { "redis-cluster" } else { "redis" }
    }

    /// Writes the time into one bucket of each master that has buckets. Fails if a server can be read and refuses to
    /// write: too few replicas, no disk to save to, out of memory, a replica.
    async fn probe_write(&self, now: UnixMillis) -> Result<(), StoreError> {
        let router = &self.router;
        router.refresh_topology_if_stale().await;
        let masters = masters_with_buckets(&router.slot_map());
        if masters.is_empty() {
            return Err(unreachable(DURING, "no master is known for any bucket"));
        }
        let written = masters.iter().map(|(node, bucket)| write(router, node, *bucket, now));
        join_all(written).await.into_iter().collect()
    }

    fn setting_problems(&self) -> Vec<SettingProblem> {
        self.router.slot_map().serving_masters().iter().flat_map(|node| node.inspection().problems()).collect()
    }

    async fn close(&self) {
        self.router.close();
    }
}

async fn write(router: &StoreRouter, node: &StoreServer, bucket: Bucket, now: UnixMillis) -> Result<(), StoreError> {
    let mut command = redis::cmd("HSET");
    command.arg(keys::meta(bucket)).arg(FIELD).arg(now.get());
    match node.send(DURING, &command).await {
        // The bucket is moving. The server that reports this serves it.
        Ok(_) | Err(RequestFailure { redirect: Some(Redirect::Ask(_)), .. }) => Ok(()),
        Err(failure) => Err(router.classify(DURING, failure).error.into()),
    }
}
