//! Servers that are killed, and servers that are paused.

use std::net::SocketAddr;

use super::node_metrics::{is_evenly_shared, owned_buckets};
use crate::{
    audit::{
        faults::scenario::{ACTS_BEFORE_FAULT, AuditScenario},
        fixture::eventually,
    },
    cli::server::ServerProgram,
    support::postgres::PostgresServer,
};

async fn start_scenario(servers: usize) -> AuditScenario {
    let scene = AuditScenario::start(PostgresServer::shared().await.database().await, servers).await;
    wait_until_shared(&scene).await;
    scene
}

fn management(server: &ServerProgram) -> SocketAddr {
    server.management.parse().expect("an address")
}

/// Waits until each server owns its share of the buckets.
async fn wait_until_shared(scene: &AuditScenario) {
    let servers: Vec<_> = scene.servers.iter().map(management).collect();
    eventually("each owns its share", async || is_evenly_shared(&servers).await).await;
}

/// Waits until one server owns all buckets.
async fn wait_until_owns_all(server: &ServerProgram) {
    let address = management(server);
    eventually("it has taken over all buckets", async || owned_buckets(address).await == 256).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_is_replaced_and_the_audit_is_complete() {
    let mut scene = start_scenario(2).await;
    scene
        .repeat_fault(async |scene| {
            scene.wait_for_acts(ACTS_BEFORE_FAULT).await;
            scene.servers[0].kill();
            wait_until_owns_all(&scene.servers[1]).await;
            scene.servers[0].start_again().await;
            wait_until_shared(scene).await;
        })
        .await;
    scene.assert_complete("a server with half of the buckets is killed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_four_servers_that_share_the_work_the_others_go_on() {
    let mut scene = start_scenario(4).await;
    scene
        .repeat_fault(async |scene| {
            scene.servers[0].kill();
            scene.servers[1].pause();
            scene.wait_for_acts(ACTS_BEFORE_FAULT).await;
            let left: Vec<_> = scene.servers[2..].iter().map(management).collect();
            eventually("the two remaining servers share the work", async || is_evenly_shared(&left).await).await;
            scene.servers[0].start_again().await;
            scene.servers[1].resume();
            wait_until_shared(scene).await;
        })
        .await;
    scene.assert_complete("four servers, one killed and one paused").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_paused_does_no_harm_when_it_goes_on() {
    let mut scene = start_scenario(2).await;
    scene
        .repeat_fault(async |scene| {
            scene.wait_for_acts(ACTS_BEFORE_FAULT).await;
            scene.servers[0].pause();
            wait_until_owns_all(&scene.servers[1]).await;
            scene.servers[0].resume();
            wait_until_shared(scene).await;
        })
        .await;
    scene.assert_complete("a server with half of the buckets is paused").await;
}
