//! Nothing breaks.

use super::scenario::{CacheScenario, wait_a_while};
use crate::support::redis::RedisServer;

/// The engine that tells of its changes before it answers them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_an_engine_of_its_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
    let mut scene = CacheScenario::start(directory, &[url]).await;
    scene.repeat_fault(async |_| wait_a_while().await).await;
    scene.assert_no_violations("nothing, embedded engine").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    scene.repeat_fault(async |_| wait_a_while().await).await;
    scene.assert_no_violations("nothing, Redis").await;
}
