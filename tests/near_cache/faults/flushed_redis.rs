//! A Redis that loses all data, under nodes that may or may not adopt the empty store.

use session_authority::store::{
    BindingState, BoundStore,
    redis::{RedisOptions, RedisSessionStore},
};

use super::{
    history::HistoryViolation,
    scenario::{CacheScenario, ProxiedRedis, WitnessSession, wait_a_while},
};
use crate::support::{proxy::TcpProxy, redis::RedisServer};

async fn start_scenario(adopt_empty: &str) -> CacheScenario<ProxiedRedis> {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::start(redis.address()).await;
    let urls = [redis.url_through(proxy.address()), redis.url()];
    CacheScenario::start_with(ProxiedRedis { redis, proxy }, &urls, &[("STORE__ADOPT_EMPTY", adopt_empty)]).await
}

async fn flush_redis(scene: &CacheScenario<ProxiedRedis>) {
    scene.environment.redis.command(&["FLUSHALL"]).await.expect("an empty Redis");
}

/// No session ends before the store is bound again: until then a rejection is as wrong as an acceptance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_verdict_until_an_empty_store_is_bound_again() {
    let mut scene = start_scenario("false").await;
    let store = RedisSessionStore::connect_with(&scene.environment.redis.url(), &RedisOptions::default()).await;
    let store = store.expect("a store");
    let state = store.binding().await.expect("a binding");
    let BindingState::Bound { binding, .. } = state else { panic!("the nodes have bound it: {state:?}") };
    scene
        .repeat_fault(async |scene| {
            let witness = WitnessSession::sign_in(&scene.channels[0]).await.expect("a session");
            flush_redis(scene).await;
            witness.assert_stays_unavailable(&scene.channels).await;
            scene.load.revoke_directly(async || store.rebind(binding).await.expect("a binding")).await;
        })
        .await;
    scene.assert_no_violations("FLUSHALL until adopted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_adopts_an_empty_store_rejects_everybody() {
    let mut scene = start_scenario("true").await;
    scene
        .repeat_until_violation(async |scene| {
            flush_redis(scene).await;
            wait_a_while().await;
        })
        .await;
    let is_expected = |violation: &HistoryViolation| matches!(violation, HistoryViolation::FalselyRejected(_));
    scene.assert_violation("mutant: FLUSHALL, adopted at once", is_expected).await;
}
