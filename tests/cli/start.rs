//! The start of a server.

use super::fleet::ServerFleet;
use crate::service::fixture::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_agents_are_understood_before_the_first_call() {
    let fleet = ServerFleet::new().await;
    let server = fleet.server().await;
    eventually("it serves", || async { server.log().contains("app: serving ") }).await;
    let log = server.log();
    let loaded = log.find("user-agent definitions loaded");
    assert!(loaded.is_some() && loaded < log.find("app: serving "), "{log}");
}
