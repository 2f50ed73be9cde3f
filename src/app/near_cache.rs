//! The near cache over a store.

use std::sync::Arc;

use super::readiness::CheckResult;
use crate::{
    cache::{EvictingStore, NearCache, Reads, Source},
    clock::Clock,
    config::Cache,
    store::{SessionStore, TrackedStore},
    telemetry::Metrics,
    transport::{grpc::present, http::CheckState},
};

/// What a node keeps in memory, and how the authority reads and writes past it.
pub(super) struct Cached {
    pub(super) near: Arc<NearCache>,
    /// Forgets in `near` what it changes.
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) reads: Arc<Reads>,
    pub(super) tracked: Arc<dyn TrackedStore>,
    settings: Cache,
}

impl Cached {
    pub(super) fn over(
        store: Arc<dyn SessionStore>,
        tracked: Arc<dyn TrackedStore>,
        clock: Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
        settings: Cache,
    ) -> Self {
        let near = Arc::new(NearCache::new(settings.max_size));
        let store: Arc<dyn SessionStore> = Arc::new(EvictingStore::new(store, Arc::clone(&near)));
        let source =
            Source { store: Arc::clone(&store), tracked: Arc::clone(&tracked), near: Arc::clone(&near), present };
        let reads = Arc::new(Reads::new(source, clock, Arc::clone(metrics) as _, settings.max_staleness));
        Self { near, store, reads, tracked, settings }
    }

    /// Returns how it is doing. Degraded while a server does not tell of changes: verdicts are right, and slower.
    pub(super) fn check(&self) -> CheckResult {
        if !self.settings.enabled {
            let off = "off, every validation reads the store; `cache.enabled` turns it on";
            return CheckResult::new(CheckState::Ok, off);
        }
        let servers = self.tracked.status();
        let untold = servers.iter().filter_map(|server| Some((&server.server, server.untold.as_ref()?)));
        let untold: Vec<_> = untold.map(|(server, why)| format!("; {server} is read each time: {why}")).collect();
        let state = if untold.is_empty() { CheckState::Ok } else { CheckState::Degraded };
        CheckResult::new(state, format!("{} sessions are kept{}", self.near.size().sessions, untold.concat()))
    }
}
