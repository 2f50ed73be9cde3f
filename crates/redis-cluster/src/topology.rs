//! Refreshing the cluster topology: the master of each hash slot.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{sync::MutexGuard, time::timeout};

use crate::{
    address::Endpoint,
    client_error::ClientError,
    inspection::ServerInspection,
    router::Router,
    stopwatch::Stopwatch,
    topology_query::{DURING, TopologyReport, query_majority},
    topology_refresh::{InFlightRefresh, RefreshState},
};

/// Minimum time between two refreshes.
pub(crate) const MIN_REFRESH_INTERVAL: Duration = Duration::from_millis(50);

impl<I: ServerInspection> Router<I> {
    /// Loads the first slot map. Fails if no node reports one.
    pub(crate) async fn load_topology(&self) -> Result<(), ClientError> {
        self.refresh_slot_map(&mut *self.topology.refresh_state.lock().await).await
    }

    /// Refreshes a stale slot map, unless another call is doing so. Only that call waits. The others use the old map
    /// and are redirected if it is wrong.
    pub async fn refresh_topology_if_stale(&self) {
        if !self.topology.is_stale() {
            return;
        }
        if let Ok(state) = self.topology.refresh_state.try_lock() {
            self.refresh_unless_recent(state).await;
        }
    }

    /// Refreshes the slot map, or waits for the call that is doing so.
    pub(crate) async fn refresh_topology(&self) {
        self.topology.mark_stale();
        let state = self.topology.refresh_state.lock().await;
        self.refresh_unless_recent(state).await;
    }

    async fn refresh_unless_recent(&self, mut state: MutexGuard<'_, RefreshState<I>>) {
        if !self.is_cluster() || state.last_refresh.is_some_and(|last| last.elapsed() < MIN_REFRESH_INTERVAL) {
            return;
        }
        if let Err(error) = self.refresh_slot_map(&mut state).await {
            tracing::debug!(%error, "failed to refresh the cluster topology; keeping the current slot map");
        }
    }

    /// Joins the refresh in progress, or starts one. The slot map stays stale until it is replaced.
    async fn refresh_slot_map(&self, state: &mut RefreshState<I>) -> Result<(), ClientError> {
        // No call has waited for its report, which may be outdated by now.
        let is_abandoned = |refresh: &InFlightRefresh<I>| refresh.started.elapsed() > self.query_timeout() * 2;
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
        // A client that is in use continues with the other masters.
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
    fn query_topology(&self) -> BoxFuture<'static, Result<TopologyReport<I>, ClientError>> {
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
            let mut last = ClientError::unreachable(DURING, "no node of the Cluster is known");
            for nodes in [masters, seeds].into_iter().filter(|nodes| !nodes.is_empty()) {
                match timeout(longest, query_majority(&nodes)).await {
                    Ok(Ok(report)) => return Ok(report),
                    Ok(Err(error)) => last = error,
                    Err(_) => last = ClientError::unreachable(DURING, "no node responded in time"),
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
