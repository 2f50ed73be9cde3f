//! Commands that an idle node sends to Redis.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use redis::aio::MultiplexedConnection;
use session_authority::clock::SystemClock;

use super::node_metrics::metric;
use crate::{
    service::fixture::{eventually, start_node},
    support::redis::RedisServer,
};

/// Number of heartbeats over which commands are counted.
const BEATS: u64 = 4;

const BUCKETS: u64 = 256;

/// Number of windows, one of which must be quiet: a node that starts, or whose heartbeats are late on a busy machine,
/// sends more commands.
const WINDOWS: usize = 10;

/// Maximum number of commands between two heartbeats, which are 1.5 s apart. About 65 are normal; polling the queues
/// would take many times as many.
const COMMANDS_A_BEAT: u64 = 100;

/// Returns the number of calls of each command so far, including those in scripts.
async fn calls(admin: &mut MultiplexedConnection) -> BTreeMap<String, u64> {
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(admin).await.expect("INFO");
    let call = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split_once(',')?.0.parse().ok()?))
    };
    info.lines().filter_map(call).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_node_asks_little_of_redis() {
    let redis = RedisServer::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let url = redis.url();
    let node = start_node(&directory, &[("STORE__URL", url.as_str())], Arc::new(SystemClock)).await;
    eventually("it has swept every bucket", async || metric(node.management, "sweep_buckets_total").await >= 256).await;
    let mut admin = redis.admin().await;
    let mut nodes = redis.admin().await;
    // Detects the node's heartbeats by the stored reports. A busy machine may respond late.
    let mut next_beat = async || {
        let (mut first, mut asked) = (None, 0);
        loop {
            asked += 1;
            let beats: redis::RedisResult<BTreeMap<String, String>> =
                redis::cmd("HGETALL").arg("sa1:{alerts}:nodes").query_async(&mut nodes).await;
            match beats {
                Ok(beats) if *first.get_or_insert_with(|| beats.clone()) != beats => return asked,
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let mut last = String::new();
    for _ in 0..WINDOWS {
        let before = calls(&mut admin).await;
        let mut own = 1;
        for _ in 0..BEATS {
            own += next_beat().await;
        }
        let after = calls(&mut admin).await;
        let since = |name: &str| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
        let total = after.values().sum::<u64>() - before.values().sum::<u64>() - own;
        // Every half minute a node scans each of its buckets once, for lost notifications.
        let (lengths, reads) = (since("xlen"), since("xrange"));
        let others = total - lengths - reads;
        if lengths <= BUCKETS && reads <= BUCKETS + 2 * BEATS && others <= BEATS * COMMANDS_A_BEAT {
            assert!(node.stop().await);
            return;
        }
        let each: Vec<_> = after.keys().map(|name| (name, since(name))).filter(|(_, number)| *number > 0).collect();
        last = format!("{total} commands in {BEATS} heartbeats: {each:?}");
    }
    panic!("{last}");
}
