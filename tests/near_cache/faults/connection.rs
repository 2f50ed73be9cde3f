//! Connections that fail, or only seem to work.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use session_authority::api::Source;

use super::scenario::{CacheScenario, WitnessSession, wait_a_while, wait_for_source};
use crate::support::{proxy::ProxyDirection, redis::RedisServer};

/// Freezes the tracking connection while all other connections work.
async fn freeze_tracking_connection(direction: ProxyDirection, name: &str) {
    let mut scene = CacheScenario::with_tracking_proxy(RedisServer::start().await).await;
    scene
        .repeat_fault(async |scene| {
            scene.environment.proxy.freeze(direction);
            wait_for_source(&scene.channels[0], Source::Store).await;
            wait_a_while().await;
            wait_for_source(&scene.channels[0], Source::Store).await;
            assert!(scene.environment.proxy.held_back_count() > 0);
            scene.environment.proxy.thaw(direction);
        })
        .await;
    scene.assert_no_violations(name).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tracking_replies_are_frozen() {
    Box::pin(freeze_tracking_connection(ProxyDirection::Replies, "tracking connection, replies frozen")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tracking_requests_are_frozen() {
    Box::pin(freeze_tracking_connection(ProxyDirection::Requests, "tracking connection, requests frozen")).await;
}

/// Reads and invalidations arrive late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalidations_are_late() {
    let mut scene = CacheScenario::with_tracking_proxy(RedisServer::start().await).await;
    scene
        .repeat_fault(async |scene| {
            for by in [10, 25, 45] {
                scene.environment.proxy.delay(ProxyDirection::Replies, Duration::from_millis(by));
                wait_a_while().await;
            }
            scene.environment.proxy.delay(ProxyDirection::Replies, Duration::ZERO);
        })
        .await;
    scene.assert_no_violations("tracking connection, replies late by 10 to 45 ms").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_heard_of_the_server() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
    scene
        .repeat_fault(async |scene| {
            scene.environment.proxy.freeze(ProxyDirection::Replies);
            witness.wait_until_unavailable(&scene.channels[0]).await;
            wait_a_while().await;
            witness.wait_until_unavailable(&scene.channels[0]).await;
            scene.environment.proxy.thaw(ProxyDirection::Replies);
        })
        .await;
    scene.assert_no_violations("all connections of a node frozen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_connections_are_cut() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    scene
        .repeat_fault(async |scene| {
            scene.environment.proxy.cut().await;
            wait_a_while().await;
            scene.environment.proxy.restore().await;
        })
        .await;
    scene.assert_no_violations("all connections of a node cut").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tracking_connection_is_killed_by_the_server() {
    let mut scene = CacheScenario::with_redis(RedisServer::start().await).await;
    let mut admin = scene.environment.redis.admin().await;
    scene
        .repeat_fault(async |scene| {
            for _ in 0..5 {
                assert!(kill_tracking_connections(&mut admin).await > 0);
                scene.wait_for_cache_hits().await;
            }
        })
        .await;
    scene.assert_no_violations("tracking connections killed").await;
}

/// Kills all tracking connections and returns their number.
async fn kill_tracking_connections(admin: &mut MultiplexedConnection) -> usize {
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
