//! Refreshing the cluster topology: the master of each hash slot.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, StreamExt},
};
use redis::Value;
use tokio::{sync::Mutex, time::timeout};

use super::{
    address::Endpoint,
    node::{RedisNode, RequestFailure},
    router::{Router, unreachable},
    slot_map::SlotRange,
};
use crate::{clock::Stopwatch, store::StoreError};

const DURING: &str = "reading the cluster topology";

/// Nodes that are queried at the same time. The report of most of them counts: a node that is cut off from the others
/// may not know that its slots have another owner.
const QUERIED_AT_ONCE: usize = 5;

/// Minimum time between two refreshes.
pub(super) const MIN_REFRESH_INTERVAL: Duration = Duration::from_millis(50);

/// The time of the last refresh, and the reports since then that the slot map is stale.
#[derive(Default)]
pub(super) struct TopologyRefresh {
    /// Number of reports that the slot map is stale.
    stale_reports: AtomicU64,
    /// Number of such reports before the last refresh.
    reports_at_refresh: AtomicU64,
    /// Held by the one call that refreshes.
    refresh_state: Mutex<RefreshState>,
    /// Selects the node that is queried first: another one each time.
    next_node: AtomicUsize,
}

#[derive(Default)]
struct RefreshState {
    /// Started when the last refresh ended.
    last_refresh: Option<Stopwatch>,
    /// The refresh in progress. It outlives a call that is cancelled, and the next one continues it. So nodes that are
    /// slower than their callers' time limits do not keep a refresh from ever completing.
    in_flight: Option<InFlightRefresh>,
}

struct InFlightRefresh {
    started: Stopwatch,
    stale_reports: u64,
    report: BoxFuture<'static, Result<TopologyReport, StoreError>>,
}

/// The slot ranges that most of the queried nodes report.
struct TopologyReport {
    ranges: Vec<SlotRange>,
    nodes: Vec<Arc<RedisNode>>,
}

impl TopologyRefresh {
    /// Reports that the slot map is stale. The next call refreshes it.
    pub(super) fn mark_stale(&self) {
        self.stale_reports.fetch_add(1, Ordering::Relaxed);
    }

    fn is_stale(&self) -> bool {
        self.stale_reports.load(Ordering::Relaxed) != self.reports_at_refresh.load(Ordering::Relaxed)
    }
}

impl Router {
    /// Loads the first slot map. Fails if no node reports one.
    pub(super) async fn load_topology(&self) -> Result<(), StoreError> {
        self.refresh_slot_map(&mut *self.topology.refresh_state.lock().await).await
    }

    /// Refreshes a stale slot map, unless another call is doing so. Only that call waits. The others use the old map
    /// and are redirected if it is wrong.
    pub(super) async fn refresh_topology_if_stale(&self) {
        if !self.topology.is_stale() {
            return;
        }
        if let Ok(state) = self.topology.refresh_state.try_lock() {
            self.refresh_unless_recent(state).await;
        }
    }

    /// Refreshes the slot map, or waits for the call that is doing so.
    pub(super) async fn refresh_topology(&self) {
        self.topology.mark_stale();
        let state = self.topology.refresh_state.lock().await;
        self.refresh_unless_recent(state).await;
    }

    async fn refresh_unless_recent(&self, mut state: tokio::sync::MutexGuard<'_, RefreshState>) {
        if !self.is_cluster() || state.last_refresh.is_some_and(|last| last.elapsed() < MIN_REFRESH_INTERVAL) {
            return;
        }
        if let Err(error) = self.refresh_slot_map(&mut state).await {
            tracing::debug!(%error, "failed to refresh the cluster topology; keeping the current slot map");
        }
    }

    /// Joins the refresh in progress, or starts one. The slot map stays stale until it is replaced.
    async fn refresh_slot_map(&self, state: &mut RefreshState) -> Result<(), StoreError> {
        // No call has waited for its report, which may be outdated by now.
        let is_abandoned = |refresh: &InFlightRefresh| refresh.started.elapsed() > self.query_timeout() * 2;
        if state.in_flight.as_ref().is_none_or(is_abandoned) {
            let (started, stale_reports) = (Stopwatch::start(), self.topology.stale_reports.load(Ordering::Relaxed));
            state.in_flight = Some(InFlightRefresh { started, stale_reports, report: self.query_topology() });
        }
        let Some(refresh) = &mut state.in_flight else { return Ok(()) };
        let (report, stale_reports) = (refresh.report.as_mut().await, refresh.stale_reports);
        state.in_flight = None;
        state.last_refresh = Some(Stopwatch::start());
        let TopologyReport { ranges, nodes } = report?;
        let refused = ranges.iter().find_map(|range| self.plaintext.check(range.master()).err());
        // A store that is in use continues with the other masters.
        if let Some(refused) = refused.filter(|_| self.slot_map().masters().is_empty()) {
            return Err(refused);
        }
        let connect = |endpoint: &Endpoint| {
            let asked = nodes.iter().find(|node| node.endpoint == *endpoint).cloned();
            asked.or_else(|| self.create_node(endpoint).ok().map(Arc::new))
        };
        self.replace_slot_map(|map| map.rebuild(&ranges, connect));
        self.topology.reports_at_refresh.store(stale_reports, Ordering::Relaxed);
        Ok(())
    }

    /// Queries the known masters, and the nodes of the URL if none of the masters responds.
    fn query_topology(&self) -> BoxFuture<'static, Result<TopologyReport, StoreError>> {
        let map = self.slot_map();
        let mut masters = map.serving_masters();
        if !masters.is_empty() {
            let first = self.topology.next_node.fetch_add(1, Ordering::Relaxed) % masters.len();
            masters.rotate_left(first);
        }
        let seeds = self.address.seeds.iter().filter(|seed| !masters.iter().any(|node| node.endpoint == **seed));
        let seeds: Vec<_> = seeds.filter_map(|seed| self.create_node(seed).ok().map(Arc::new)).collect();
        let longest = self.query_timeout();
        Box::pin(async move {
            let mut last = unreachable(DURING, "no node of the Cluster is known");
            for nodes in [masters, seeds].into_iter().filter(|nodes| !nodes.is_empty()) {
                match timeout(longest, query_majority(&nodes)).await {
                    Ok(Ok(report)) => return Ok(report),
                    Ok(Err(error)) => last = error,
                    Err(_) => last = unreachable(DURING, "no node responded in time"),
                }
            }
            Err(last)
        })
    }

    /// Returns the time limit for the query of the known masters, and for that of the nodes of the URL.
    fn query_timeout(&self) -> Duration {
        self.options.connect_timeout + self.options.response_timeout
    }
}

async fn query_majority(nodes: &[Arc<RedisNode>]) -> Result<TopologyReport, StoreError> {
    let mut last = unreachable(DURING, "no node of the Cluster is known");
    for some in nodes.chunks(QUERIED_AT_ONCE) {
        let mut asked: FuturesUnordered<_> = some.iter().map(|node| query_slot_ranges(node)).collect();
        let mut answers = Vec::with_capacity(some.len());
        while let Some(answer) = asked.next().await {
            match answer {
                Ok(ranges) => answers.push(ranges),
                Err(error) => last = error,
            }
            if most_common(&answers).1 > some.len() / 2 {
                break;
            }
        }
        if let (Some(ranges), _) = most_common(&answers) {
            return Ok(TopologyReport { ranges: ranges.clone(), nodes: some.to_vec() });
        }
    }
    Err(last)
}

/// Returns the most common answer, and how often it was given; the first one among equals.
fn most_common(answers: &[Vec<SlotRange>]) -> (Option<&Vec<SlotRange>>, usize) {
    let same = |one: &Vec<SlotRange>| answers.iter().filter(|other| *other == one).count();
    let most = answers.iter().rev().max_by_key(|answer| same(answer));
    (most, most.map_or(0, same))
}

/// Queries a node, also if its settings are unsafe: the location of slots depends on none of them.
async fn query_slots(node: &RedisNode) -> Result<Value, RequestFailure> {
    let mut pipe = redis::pipe();
    pipe.cmd("CLUSTER").arg("SLOTS");
    node.exchange(DURING, &pipe).await?.pop().unwrap_or(Ok(Value::Nil))
}

async fn query_slot_ranges(node: &RedisNode) -> Result<Vec<SlotRange>, StoreError> {
    let answer = query_slots(node).await.map_err(|failure| match failure.error {
        StoreError::Corrupt { what, .. } if what.contains("cluster support disabled") => unreachable(
            DURING,
            "this server has cluster support off; use redis:// or rediss:// instead of redis+cluster:// or \
             rediss+cluster://",
        ),
        error => error,
    })?;
    let ranges = SlotRange::parse_all(&answer, &node.endpoint)
        .ok_or_else(|| StoreError::corrupt(DURING, format!("unexpected CLUSTER SLOTS reply from {}", node.endpoint)))?;
    if !ranges.is_empty() {
        return Ok(ranges);
    }
    let nothing = matches!(&answer, Value::Array(entries) if entries.is_empty());
    Err(unreachable(
        DURING,
        if nothing {
            "it knows no master with slots; has the cluster been created?"
        } else {
            "the masters announce no usable host (\"?\"); set cluster-announce-hostname on each, or \
             cluster-preferred-endpoint-type to ip"
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_at(port: i64) -> Vec<SlotRange> {
        let master = Value::Array(vec![Value::BulkString(b"a".to_vec()), Value::Int(port)]);
        let range = Value::Array(vec![Value::Int(0), Value::Int(16_383), master]);
        let by = Endpoint { host: "a".into(), port: 1 };
        SlotRange::parse_all(&Value::Array(vec![range]), &by).expect("ranges")
    }

    #[test]
    fn one_node_that_is_cut_off_does_not_decide() {
        let (old, new) = (all_at(1), all_at(2));
        assert_eq!(most_common(&[old.clone(), new.clone(), new.clone()]), (Some(&new), 2));
        assert_eq!(most_common(&[old.clone(), new.clone()]), (Some(&old), 1));
        assert_eq!(most_common(&[]), (None, 0));
    }
}
