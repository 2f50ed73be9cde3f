//! Metrics of a node about its background work.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use crate::service::management::get;

/// Returns a metric without labels, by its name after the prefix.
pub async fn metric(management: SocketAddr, name: &str) -> u64 {
    let (_, metrics) = get(management, "/metrics").await;
    let prefix = format!("session_authority_{name} ");
    let sample = metrics.lines().find_map(|line| line.strip_prefix(&prefix)?.parse().ok());
    sample.unwrap_or_else(|| panic!("no {name} in {metrics}"))
}

/// Returns the number of buckets that a node owns, or zero if it does not listen yet.
pub async fn owned_buckets(management: SocketAddr) -> u64 {
    if TcpStream::connect(management).await.is_err() {
        return 0;
    }
    metric(management, "background_buckets_owned").await
}

/// Returns true if these nodes own every bucket together, each about its share of them.
pub async fn is_evenly_shared(nodes: &[SocketAddr]) -> bool {
    let fair = 256 / nodes.len() as u64;
    let mut total = 0;
    for node in nodes {
        let owned = owned_buckets(*node).await;
        let is_fair = (fair / 2..=256.min(fair * 2)).contains(&owned);
        if !is_fair || metric(*node, "background_buckets_unowned").await > 0 {
            return false;
        }
        total += owned;
    }
    total == 256
}
