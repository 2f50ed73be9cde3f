//! Nothing breaks.

use super::scene::{Scene, a_while};
use crate::support::redis::RedisServer;

/// The engine that tells of its changes before it answers them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_an_engine_of_its_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("sessions.db").display());
    let mut scene = Scene::start(directory, &[url]).await;
    scene.again_and_again(async |_| a_while().await).await;
    scene.was_right("nothing, embedded engine").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    let mut scene = Scene::on(RedisServer::start().await).await;
    scene.again_and_again(async |_| a_while().await).await;
    scene.was_right("nothing, Redis").await;
}
