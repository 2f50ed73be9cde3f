//! Floods of requests that exceed the cache.

use data_encoding::BASE64URL_NOPAD;
use rand::{Rng, SeedableRng, rngs::StdRng};
use redis::aio::MultiplexedConnection;
use session_authority::{
    api::RejectReason,
    domain::{SessionId, UserHandle},
};

use super::{
    MAX_STALENESS,
    history::{ObservedVerdict, ValidationAnswer},
    scenario::{start_nodes, wait_for_source},
    tracking::node::CacheNode,
    validator::{HeldSession, SessionValidator},
};
use crate::support::redis::RedisServer;

const FLOOD: usize = 3_000;

/// Returns text in the form of a token that this authority did not issue.
fn forged_token(chance: &mut StdRng) -> String {
    let mut bytes = [0; 61];
    chance.fill_bytes(&mut bytes);
    // The ID of the node's token key.
    bytes[0] = 1;
    format!("sa_{}", BASE64URL_NOPAD.encode(&bytes))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invented_tokens_leave_no_trace_in_redis() {
    let redis = RedisServer::start().await;
    let (_nodes, channels, _keys) = start_nodes(&[redis.url()]).await;
    wait_for_source(&channels[0], session_authority::api::Source::Cache).await;
    let mut admin = redis.admin().await;
    let before = tracked_keys(&mut admin).await;
    assert!(before > 0);
    let (mut chance, id) = (StdRng::seed_from_u64(1), SessionId { handle: UserHandle([0; 12]), unique: [0; 8] });
    for number in 0..FLOOD {
        let held = HeldSession { number, id, token: forged_token(&mut chance) };
        let ValidationAnswer { verdict, .. } = channels[0].validate(&held, false).await;
        assert_eq!(verdict, ObservedVerdict::Rejected(RejectReason::Unknown));
    }
    // Keys that change meanwhile are not tracked any more.
    assert!(tracked_keys(&mut admin).await <= before);
}

async fn tracked_keys(admin: &mut MultiplexedConnection) -> usize {
    let info: String = redis::cmd("INFO").arg("stats").query_async(admin).await.expect("INFO");
    let line = info.lines().find_map(|line| line.strip_prefix("tracking_total_keys:")).expect("a count");
    line.trim().parse().expect("a number")
}

/// Sessions that do not exist are cached, too, and take memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_stays_within_its_bytes() {
    const MOST: usize = 256 << 10;
    let redis = RedisServer::start().await;
    let node = CacheNode::with_cache(&redis.url(), MOST, MAX_STALENESS, |memory| memory).await;
    let mut chance = StdRng::seed_from_u64(1);
    for _ in 0..FLOOD {
        let mut id = SessionId { handle: UserHandle([0; 12]), unique: [0; 8] };
        chance.fill_bytes(&mut id.handle.0);
        node.reads.read_bounded(id).await.expect("a verdict");
        assert!(node.memory.size().bytes <= MOST);
    }
    let kept = node.memory.size().sessions;
    assert!((100..FLOOD).contains(&kept), "{kept}");
}
