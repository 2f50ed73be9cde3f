//! Servers that die, and servers that are paused.

use std::net::SocketAddr;

use super::scene::{owned, share_evenly};
use crate::{
    audit::{
        faults::scene::{SOME, Scene},
        fixture::eventually,
    },
    cli::server::Server,
    support::postgres::PostgresServer,
};

async fn scene(servers: usize) -> Scene {
    let scene = Scene::start(PostgresServer::shared().await.database().await, servers).await;
    shared(&scene).await;
    scene
}

fn management(server: &Server) -> SocketAddr {
    server.management.parse().expect("an address")
}

/// Waits until each server owns its share.
async fn shared(scene: &Scene) {
    let servers: Vec<_> = scene.servers.iter().map(management).collect();
    eventually("each owns its share", async || share_evenly(&servers).await).await;
}

/// Waits until a server owns all of it.
async fn owns_all(server: &Server) {
    let address = management(server);
    eventually("it has taken everything over", async || owned(address).await == 256).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_is_replaced_and_the_audit_is_complete() {
    let mut scene = scene(2).await;
    scene
        .again_and_again(async |scene| {
            scene.more(SOME).await;
            scene.servers[0].kill();
            owns_all(&scene.servers[1]).await;
            scene.servers[0].start_again().await;
            shared(scene).await;
        })
        .await;
    scene.was_right("a server with half of the buckets is killed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_four_servers_that_share_the_work_the_others_go_on() {
    let mut scene = scene(4).await;
    scene
        .again_and_again(async |scene| {
            scene.servers[0].kill();
            scene.servers[1].pause();
            scene.more(SOME).await;
            let left: Vec<_> = scene.servers[2..].iter().map(management).collect();
            eventually("the two that are left share the work", async || share_evenly(&left).await).await;
            scene.servers[0].start_again().await;
            scene.servers[1].resume();
            shared(scene).await;
        })
        .await;
    scene.was_right("four servers, one killed and one paused").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_paused_does_no_harm_when_it_goes_on() {
    let mut scene = scene(2).await;
    scene
        .again_and_again(async |scene| {
            scene.more(SOME).await;
            scene.servers[0].pause();
            owns_all(&scene.servers[1]).await;
            scene.servers[0].resume();
            shared(scene).await;
        })
        .await;
    scene.was_right("a server with half of the buckets is paused").await;
}
