//! A Redis that loses everything, under nodes that may or may not take it for a new one.

use session_authority::store::{
    BindingState, BoundStore,
    redis::{RedisOptions, RedisSessionStore},
};

use super::{
    history::Violation,
    scene::{Proxied, Scene, Witness, a_while},
};
use crate::support::{proxy::TcpProxy, redis::RedisServer};

async fn scene(adopt_empty: &str) -> Scene<Proxied> {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::to(redis.address()).await;
    let urls = [redis.url_through(proxy.address()), redis.url()];
    Scene::start_with(Proxied { redis, proxy }, &urls, &[("STORE__ADOPT_EMPTY", adopt_empty)]).await
}

async fn empty(scene: &Scene<Proxied>) {
    scene.around.redis.command(&["FLUSHALL"]).await.expect("an empty Redis");
}

/// Nobody ends a session before the store is bound again: until then a rejection is as wrong as an acceptance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_verdict_until_an_empty_store_is_bound_again() {
    let mut scene = scene("false").await;
    let store = RedisSessionStore::connect_with(&scene.around.redis.url(), &RedisOptions::default()).await;
    let store = store.expect("a store");
    let state = store.binding().await.expect("a binding");
    let BindingState::Bound { binding, .. } = state else { panic!("the nodes have bound it: {state:?}") };
    scene
        .again_and_again(async |scene| {
            let witness = Witness::sign_in(&scene.channels[0]).await.expect("a session");
            empty(scene).await;
            for node in &scene.channels {
                witness.is_unavailable(node).await;
            }
            a_while().await;
            for node in &scene.channels {
                witness.is_unavailable(node).await;
                assert!(Witness::sign_in(node).await.is_none(), "nobody signs in");
            }
            scene.load.ended_by(async || store.rebind(binding).await.expect("a binding")).await;
        })
        .await;
    scene.was_right("FLUSHALL, until it is adopted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_adopts_an_empty_store_rejects_everybody() {
    let mut scene = scene("true").await;
    scene
        .until_wrong(async |scene| {
            empty(scene).await;
            a_while().await;
        })
        .await;
    let is_expected = |violation: &Violation| matches!(violation, Violation::FalselyRejected(_));
    scene.was_wrong("twins: FLUSHALL, adopted at once", is_expected).await;
}
