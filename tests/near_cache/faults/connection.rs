//! Connections that fail, or seem to work.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use session_authority::api::Source;

use super::scene::{Scene, Witness, a_while, answers};
use crate::support::{proxy::Direction, redis::RedisServer};

/// The connection that tells of changes is silent, all others work.
async fn what_tells_freezes(direction: Direction, name: &str) {
    let mut scene = Scene::aiming_at_what_tells(RedisServer::start().await).await;
    scene
        .again_and_again(async |scene| {
            scene.around.proxy.freeze(direction);
            answers(&scene.channels[0], Source::Store).await;
            a_while().await;
            answers(&scene.channels[0], Source::Store).await;
            assert!(scene.around.proxy.held() > 0);
            scene.around.proxy.thaw(direction);
        })
        .await;
    scene.was_right(name).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tells_is_not_heard() {
    what_tells_freezes(Direction::Replies, "tracking connection, replies frozen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tells_is_not_asked() {
    what_tells_freezes(Direction::Requests, "tracking connection, requests frozen").await;
}

/// What is read is old when it comes, and so is what is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tells_is_late() {
    let mut scene = Scene::aiming_at_what_tells(RedisServer::start().await).await;
    scene
        .again_and_again(async |scene| {
            for by in [10, 25, 45] {
                scene.around.proxy.delay(Direction::Replies, Duration::from_millis(by));
                a_while().await;
            }
            scene.around.proxy.delay(Direction::Replies, Duration::ZERO);
        })
        .await;
    scene.was_right("tracking connection, replies late by 10 to 45 ms").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_heard_of_the_server() {
    let mut scene = Scene::on(RedisServer::start().await).await;
    let witness = Witness::sign_in(&scene.channels[0]).await.expect("a session");
    scene
        .again_and_again(async |scene| {
            scene.around.proxy.freeze(Direction::Replies);
            witness.is_unavailable(&scene.channels[0]).await;
            a_while().await;
            witness.is_unavailable(&scene.channels[0]).await;
            scene.around.proxy.thaw(Direction::Replies);
        })
        .await;
    scene.was_right("all connections of a node frozen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_connections_are_cut() {
    let mut scene = Scene::on(RedisServer::start().await).await;
    scene
        .again_and_again(async |scene| {
            scene.around.proxy.cut().await;
            a_while().await;
            scene.around.proxy.restore().await;
        })
        .await;
    scene.was_right("all connections of a node cut").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tells_is_killed_by_the_server() {
    let mut scene = Scene::on(RedisServer::start().await).await;
    let mut admin = scene.around.redis.admin().await;
    scene
        .again_and_again(async |scene| {
            for _ in 0..5 {
                assert!(kill_what_tells(&mut admin).await > 0);
                scene.answers_from_memory().await;
            }
        })
        .await;
    scene.was_right("tracking connections killed").await;
}

/// Answers how many connections that was.
async fn kill_what_tells(admin: &mut MultiplexedConnection) -> usize {
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(admin).await.expect("the clients");
    let field = |client: &str, name: &str| {
        client.split(' ').find_map(|field| field.strip_prefix(name)).map(str::to_owned).expect("a field")
    };
    let tracking = clients.lines().filter(|client| field(client, "flags=").contains('t'));
    let ids: Vec<_> = tracking.map(|client| field(client, "id=")).collect();
    for id in &ids {
        redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).exec_async(admin).await.expect("an end of a connection");
    }
    ids.len()
}
