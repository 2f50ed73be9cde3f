//! A master that is replaced, with nothing lost, while a node goes on reaching it.

use session_authority::clock::Stopwatch;

use super::{
    MAX_STALENESS,
    load::Load,
    scene::{SEED, Witness, a_while, places, start_nodes_with, tell},
};
use crate::support::{proxy::TcpProxy, redis::RedisServer, redis_cluster::until, soak::soak};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_cache() {
    a_master_is_replaced("master replaced, with the cache", &[], true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_cache() {
    a_master_is_replaced("master replaced, without the cache", &[("CACHE__ENABLED", "false")], true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_track() {
    a_master_is_replaced("master replaced, without the right to track", &[], false).await;
}

/// The second node follows the master at once, the first one a while later.
async fn a_master_is_replaced(name: &str, settings: &[(&str, &str)], may_track: bool) {
    let first = RedisServer::start().await;
    let servers = [RedisServer::with_login_of(&first).await, first];
    let (mut master, mut replica) = (1, 0);
    for server in &servers {
        // The worst case: it answers everything.
        server.command(&["CONFIG", "SET", "replica-serve-stale-data", "yes"]).await.expect("a setting");
        if !may_track {
            server.command(&["ACL", "SETUSER", "session-authority", "-client|tracking"]).await.expect("fewer rights");
        }
    }
    servers[replica].replicate(&servers[master]).await;
    let proxies = [TcpProxy::to(servers[master].address()).await, TcpProxy::to(servers[master].address()).await];
    let urls = proxies.each_ref().map(|proxy| servers[master].url_through(proxy.address()));
    let (nodes, channels, _directory) = start_nodes_with(&urls, settings).await;
    let load = Load::start(SEED, &places(&channels)).await;
    let witness = Witness::sign_in(&channels[0]).await.expect("a session");
    let begun = Stopwatch::start();
    loop {
        servers[master].command(&["CLIENT", "PAUSE", "20000", "WRITE"]).await.expect("a pause");
        servers[master].is_replicated().await;
        servers[master].demote().await;
        servers[replica].promote().await;
        servers[master].command(&["CLIENT", "UNPAUSE"]).await.expect("no pause");
        std::mem::swap(&mut master, &mut replica);
        proxies[1].lead_to(servers[master].address()).await;
        until("the second node answers", async || witness.source(&channels[1]).await.is_some()).await;
        until("the first one does not", async || witness.source(&channels[0]).await.is_none()).await;
        a_while().await;
        assert_eq!(witness.source(&channels[0]).await, None);
        proxies[0].lead_to(servers[master].address()).await;
        until("it answers again", async || witness.source(&channels[0]).await.is_some()).await;
        servers[replica].replicate(&servers[master]).await;
        if begun.elapsed() >= soak() {
            break;
        }
    }
    let report = load.stop(MAX_STALENESS).await;
    tell(name, &report);
    assert_eq!(report.violations, []);
    assert!(report.revocations > 0, "{report:?}");
    for node in nodes {
        node.stop().await;
    }
}
