//! An older copy of the data behind the address of the nodes' Redis.

use super::{
    history::Violation,
    scene::{Scene, Witness, a_while},
    swapped::Servers,
};

/// Where the first server has its checkpoint.
const META: &str = "sa1:{00}:meta";

/// Makes the copy behind the address older by an hour than it is.
async fn make_old(servers: &Servers) {
    servers.other.command(&["HINCRBY", META, "checkpoint", "-3600000"]).await.expect("an older checkpoint");
}

async fn scene() -> Scene<Servers> {
    let servers = Servers::start().await;
    let urls = servers.urls();
    Scene::start(servers, &urls).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_data_accepts_nobody() {
    let mut scene = scene().await;
    scene
        .again_and_again(async |scene| {
            let servers = &scene.around;
            servers.other.restart_as_copy_of(&servers.own).await;
            make_old(servers).await;
            scene.load.revoke_everyone(1, &scene.channels[1]).await;
            let witness = Witness::sign_in(&scene.channels[0]).await.expect("a session");
            servers.lead_to_other().await;
            for node in &scene.channels {
                witness.is_unavailable(node).await;
            }
            a_while().await;
            for node in &scene.channels {
                witness.is_unavailable(node).await;
                assert!(Witness::sign_in(node).await.is_none(), "nobody signs in");
            }
            servers.lead_to_own().await;
        })
        .await;
    scene.was_right("Redis rolled back to an older copy").await;
}

/// The limit: a copy that is younger than what a crash may take is used, and the loss is logged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_moment_ago_accepts_what_was_revoked_since() {
    let mut scene = scene().await;
    scene
        .until_wrong(async |scene| {
            let servers = &scene.around;
            servers.other.restart_as_copy_of(&servers.own).await;
            scene.load.revoke_everyone(1, &scene.channels[1]).await;
            servers.lead_to_other().await;
            a_while().await;
            servers.lead_to_own().await;
        })
        .await;
    let is_expected = |violation: &Violation| matches!(violation, Violation::Stale { .. });
    scene.was_wrong("twins: Redis rolled back by a moment", is_expected).await;
}
