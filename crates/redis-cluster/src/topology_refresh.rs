//! The state of the refreshes of the topology.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::{client_error::ClientError, stopwatch::Stopwatch, topology_query::TopologyReport};

/// The time of the last refresh, and the reports since then that the slot map is stale.
pub(crate) struct TopologyRefresh<I> {
    /// Number of reports that the slot map is stale.
    pub(crate) stale_reports: AtomicU64,
    /// Number of such reports before the last refresh.
    pub(crate) reports_at_refresh: AtomicU64,
    /// Held by the one call that refreshes.
    pub(crate) refresh_state: Mutex<RefreshState<I>>,
    /// Selects the node that is queried first: another one each time.
    pub(crate) next_node: AtomicUsize,
}

/// The progress of refreshes.
pub(crate) struct RefreshState<I> {
    /// Started when the last refresh ended.
    pub(crate) last_refresh: Option<Stopwatch>,
    /// The refresh in progress. It outlives a call that is cancelled, and the next one continues it. So nodes that are
    /// slower than their callers' time limits do not keep a refresh from ever completing.
    pub(crate) in_flight: Option<InFlightRefresh<I>>,
}

/// A refresh in progress.
pub(crate) struct InFlightRefresh<I> {
    pub(crate) started: Stopwatch,
    pub(crate) stale_reports: u64,
    pub(crate) report: BoxFuture<'static, Result<TopologyReport<I>, ClientError>>,
}

impl<I> Default for TopologyRefresh<I> {
    fn default() -> Self {
        Self {
            stale_reports: AtomicU64::new(0),
            reports_at_refresh: AtomicU64::new(0),
            refresh_state: Mutex::new(RefreshState { last_refresh: None, in_flight: None }),
            next_node: AtomicUsize::new(0),
        }
    }
}

impl<I> TopologyRefresh<I> {
    /// Reports that the slot map is stale. The next call refreshes it.
    pub(crate) fn mark_stale(&self) {
        self.stale_reports.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.stale_reports.load(Ordering::Relaxed) != self.reports_at_refresh.load(Ordering::Relaxed)
    }
}
