//! A run without faults.

use super::scenario::{CacheScenario, wait_a_while};
use crate::support::redis::RedisServer;

/// The embedded engine, which delivers invalidations before it returns from a change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_an_engine_of_its_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
    let mut scene = CacheScenario::start(directory, &[url]).await;
    scene.repeat_fault(async |_| wait_a_while().await).await;
    scene.assert_no_violations("no fault, embedded engine").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    scene.repeat_fault(async |_| wait_a_while().await).await;
    scene.assert_no_violations("no fault, Redis").await;
}
