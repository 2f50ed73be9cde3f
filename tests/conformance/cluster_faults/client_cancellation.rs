//! Callers that give up before the Cluster has returned its slots.

use std::time::Duration;

use session_authority::store::redis::{RedisOptions, RedisSessionStore};
use session_authority::store::{LoadOutcome, SessionStore};
use tokio::time::timeout;

use super::outbox_key;
use crate::conformance::users::{NOW, TestUser};
use crate::support::proxy::{ProxyDirection, TcpProxy};
use crate::support::redis_cluster::RedisCluster;

/// A caller continues the refresh that its predecessor left, and the next one has the slot map.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slots_are_learnt_however_soon_every_caller_gives_up() {
    let cluster = RedisCluster::start().await;
    // Both buckets belong to one master: two masters that take over slots at the same time can disagree on whose is
    // newer, and lose them.
    let from = cluster.master_of(&outbox_key(0), 0).await;
    let mut buckets = Vec::new();
    for bucket in 0..=u8::MAX {
        if buckets.len() < 2 && cluster.master_of(&outbox_key(bucket), 0).await == from {
            buckets.push(bucket);
        }
    }
    let mut proxies = Vec::new();
    for node in 0..3 {
        let proxy = TcpProxy::start(cluster.nodes[node].address()).await;
        cluster.announce(node, proxy.address().port(), (node + 1) % 3).await;
        cluster.announce(node, proxy.address().port(), (node + 2) % 3).await;
        proxies.push(proxy);
    }
    let patience = Duration::from_secs(30);
    let options = RedisOptions {
        connections: 1,
        connect_timeout: patience,
        response_timeout: patience,
        ..RedisOptions::default()
    };
    let store = RedisSessionStore::connect_with(&cluster.url(), &options).await.expect("a store");
    let [ann, bob] = [buckets[0], buckets[1]].map(|bucket| TestUser::new("ann").in_bucket(bucket));
    for user in [&ann, &bob] {
        store.create(user.login(1, NOW)).await.expect("create");
    }
    for bucket in &buckets {
        cluster.move_slot(cluster.slot_of(&outbox_key(*bucket)).await, from, (from + 1) % 3).await;
    }
    let found = async |user: &TestUser| matches!(store.load(user.session_id(1)).await, Ok(LoadOutcome::Found(_)));
    // This call is redirected, so the store knows from here on that its map is outdated.
    assert!(found(&ann).await);

    for proxy in &proxies {
        proxy.freeze(ProxyDirection::Replies);
    }
    for _ in 0..3 {
        timeout(Duration::from_millis(100), found(&ann)).await.expect_err("no response");
    }
    for proxy in &proxies {
        proxy.thaw(ProxyDirection::Replies);
    }
    assert!(found(&ann).await);
    let before = moved_redirects(&cluster).await;
    let bobs = store.load(bob.session_id(1)).await;
    assert!(matches!(bobs, Ok(LoadOutcome::Found(_))), "{bobs:?}");
    assert_eq!(moved_redirects(&cluster).await, before, "the master of bob's bucket is known");
}

/// Returns the number of `MOVED` redirects by all nodes.
async fn moved_redirects(cluster: &RedisCluster) -> u64 {
    let mut sent_on = 0;
    for mut admin in cluster.admins().await {
        let error_stats: String = redis::cmd("INFO").arg("errorstats").query_async(&mut admin).await.expect("INFO");
        let moved = error_stats.lines().find_map(|line| line.strip_prefix("errorstat_MOVED:count="));
        sent_on += moved.and_then(|count| count.parse::<u64>().ok()).unwrap_or_default();
    }
    sent_on
}
