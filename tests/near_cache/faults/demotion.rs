//! A master that is replaced without data loss, while a node still reaches it.

use session_authority::clock::Stopwatch;

use super::{
    MAX_STALENESS,
    load::SessionLoad,
    scenario::{SEED, WitnessSession, load_nodes, print_row, start_nodes_with, wait_a_while},
};
use crate::support::{proxy::TcpProxy, redis::RedisServer, redis_cluster::until, soak::soak_duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_cache() {
    replace_master("master replaced, with the cache", &[], true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_cache() {
    replace_master("master replaced, without the cache", &[("CACHE__ENABLED", "false")], true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_track() {
    replace_master("master replaced, without the right to track", &[], false).await;
}

/// Repeatedly replaces the master. The second node follows the new master at once, the first one a while later.
async fn replace_master(name: &str, settings: &[(&str, &str)], may_track: bool) {
    let first = RedisServer::start().await;
    let servers = [RedisServer::with_same_login(&first).await, first];
    let (mut master, mut replica) = (1, 0);
    for server in &servers {
        // The worst case: a replica that serves all reads.
        server.command(&["CONFIG", "SET", "replica-serve-stale-data", "yes"]).await.expect("a setting");
        if !may_track {
            server.command(&["ACL", "SETUSER", "session-authority", "-client|tracking"]).await.expect("fewer rights");
        }
    }
    servers[replica].replicate(&servers[master]).await;
    let proxies = [TcpProxy::start(servers[master].address()).await, TcpProxy::start(servers[master].address()).await];
    let urls = proxies.each_ref().map(|proxy| servers[master].url_through(proxy.address()));
    let (nodes, channels, _directory) = start_nodes_with(&urls, settings).await;
    let load = SessionLoad::start(SEED, &load_nodes(&channels)).await;
    let witness = WitnessSession::sign_in(&channels[0]).await.expect("a session");
    let begun = Stopwatch::start();
    loop {
        servers[master].command(&["CLIENT", "PAUSE", "20000", "WRITE"]).await.expect("a pause");
        servers[master].wait_until_replicated().await;
        servers[master].demote().await;
        servers[replica].promote().await;
        servers[master].command(&["CLIENT", "UNPAUSE"]).await.expect("no pause");
        std::mem::swap(&mut master, &mut replica);
        proxies[1].route_to(servers[master].address()).await;
        until("the second node returns verdicts", async || witness.source(&channels[1]).await.is_some()).await;
        until("the first node returns none", async || witness.source(&channels[0]).await.is_none()).await;
        wait_a_while().await;
        assert_eq!(witness.source(&channels[0]).await, None);
        proxies[0].route_to(servers[master].address()).await;
        until("the first node returns verdicts again", async || witness.source(&channels[0]).await.is_some()).await;
        servers[replica].replicate(&servers[master]).await;
        if begun.elapsed() >= soak_duration() {
            break;
        }
    }
    let report = load.stop(MAX_STALENESS).await;
    print_row(name, &report);
    assert_eq!(report.violations, []);
    assert!(report.revocations > 0, "{report:?}");
    for node in nodes {
        node.stop().await;
    }
}
