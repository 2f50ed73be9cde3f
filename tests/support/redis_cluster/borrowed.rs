//! A Cluster that one test after the other uses.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use super::RedisCluster;

/// Clusters of three masters that nobody uses at the moment.
static IDLE: Mutex<Vec<RedisCluster>> = Mutex::new(Vec::new());

/// A Cluster of three masters with nothing in it. It goes to the next test when it is dropped, unless this one failed.
pub struct BorrowedCluster(Option<RedisCluster>);

impl BorrowedCluster {
    pub async fn empty() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let cluster = match idle {
            Some(cluster) => cluster,
            None => RedisCluster::start().await,
        };
        // Who has just given a slot away is known to all only after a while.
        cluster.wait_until_agreed(3).await;
        for mut admin in cluster.admins().await {
            let mut empty = redis::pipe();
            // The scripts too: a test begins as one on a server of its own does.
            empty.cmd("FLUSHALL").cmd("SCRIPT").arg("FLUSH");
            empty.exec_async(&mut admin).await.expect("nothing left");
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
