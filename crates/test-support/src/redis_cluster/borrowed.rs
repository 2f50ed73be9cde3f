//! A Cluster that tests use one after the other.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use super::RedisCluster;

/// Clusters of three masters that are not in use.
static IDLE: Mutex<Vec<RedisCluster>> = Mutex::new(Vec::new());

/// An empty Cluster of three masters. On drop it goes to the next test, unless this one failed.
pub struct BorrowedCluster(Option<RedisCluster>);

impl BorrowedCluster {
    pub async fn empty() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let cluster = match idle {
            Some(cluster) => cluster,
            None => RedisCluster::start().await,
        };
        // The nodes may need a while to agree after slots have moved.
        cluster.wait_until_agreed(3).await;
        for mut admin in cluster.admins().await {
            let mut empty = redis::pipe();
            // Scripts are removed, too, so that a test starts as on a server of its own.
            empty.cmd("FLUSHALL").cmd("SCRIPT").arg("FLUSH");
            empty.exec_async(&mut admin).await.expect("an empty Cluster");
        }
        Self(Some(cluster))
    }
}

impl Deref for BorrowedCluster {
    type Target = RedisCluster;

    fn deref(&self) -> &RedisCluster {
        self.0.as_ref().expect("a Cluster until it is dropped")
    }
}

impl Drop for BorrowedCluster {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).extend(self.0.take());
        }
    }
}
