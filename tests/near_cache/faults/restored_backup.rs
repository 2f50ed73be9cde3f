//! An older copy of the data behind the address of the nodes' Redis.

use super::{
    history::HistoryViolation,
    scenario::{CacheScenario, WitnessSession, wait_a_while},
    swapped_redis::SwappableServers,
};

/// The key of the first server's checkpoint.
const META: &str = "sa1:{00}:meta";

/// Makes the copy behind the address appear an hour older.
async fn age_checkpoint(servers: &SwappableServers) {
    servers.other.command(&["HINCRBY", META, "checkpoint", "-3600000"]).await.expect("an older checkpoint");
}

async fn start_scenario() -> CacheScenario<SwappableServers> {
    let servers = SwappableServers::start().await;
    let urls = servers.urls();
    CacheScenario::start(servers, &urls).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_data_accepts_nobody() {
    let mut scene = start_scenario().await;
    scene
        .repeat_fault(async |scene| {
            let servers = &scene.environment;
            servers.other.restart_as_copy_of(&servers.own).await;
            age_checkpoint(servers).await;
            scene.load.revoke_everyone(1, &scene.channels[1]).await;
            let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
            servers.route_to_other().await;
            witness.assert_stays_unavailable(&scene.channels).await;
            servers.route_to_own().await;
        })
        .await;
    scene.assert_no_violations("Redis rolled back to an older copy").await;
}

/// A limitation: a copy that is only as old as the data that a crash may lose is used, and the loss is logged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_moment_ago_accepts_what_was_revoked_since() {
    let mut scene = start_scenario().await;
    scene
        .repeat_until_violation(async |scene| {
            let servers = &scene.environment;
            servers.other.restart_as_copy_of(&servers.own).await;
            scene.load.revoke_everyone(1, &scene.channels[1]).await;
            servers.route_to_other().await;
            wait_a_while().await;
            servers.route_to_own().await;
        })
        .await;
    let is_expected = |violation: &HistoryViolation| matches!(violation, HistoryViolation::Stale { .. });
    scene.assert_violation("mutant: Redis rolled back by a moment", is_expected).await;
}
