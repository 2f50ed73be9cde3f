//! The near cache over a store.

use std::sync::Arc;

use super::readiness::CheckResult;
use crate::{
    cache::{InvalidatingStore, NearCache, SessionReader, SessionSource},
    clock::Clock,
    config::CacheConfig,
    store::{InvalidationSource, SessionStore},
    telemetry::Metrics,
    transport::{grpc::encode_cached_session, http::CheckState},
};

/// What a node keeps in memory, and how the authority reads and writes past it.
pub(super) struct NearCacheParts {
    pub(super) cache: Arc<NearCache>,
    /// Forgets in `near` what it changes.
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) reader: Arc<SessionReader>,
    pub(super) invalidation_source: Arc<dyn InvalidationSource>,
    settings: CacheConfig,
}

impl NearCacheParts {
    pub(super) fn new(
        store: Arc<dyn SessionStore>,
        tracked: Arc<dyn InvalidationSource>,
        clock: Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
        settings: CacheConfig,
    ) -> Self {
        let near = Arc::new(NearCache::new(settings.max_size));
        let store: Arc<dyn SessionStore> = Arc::new(InvalidatingStore::new(store, Arc::clone(&near)));
        let source = SessionSource {
            store: Arc::clone(&store),
            invalidation_source: Arc::clone(&tracked),
            cache: Arc::clone(&near),
            encode_session: encode_cached_session,
        };
        let reads = Arc::new(SessionReader::new(source, clock, Arc::clone(metrics) as _, settings.max_staleness));
        Self { cache: near, store, reader: reads, invalidation_source: tracked, settings }
    }

    /// Returns how it is doing. Degraded while a server does not tell of changes: verdicts are right, and slower.
    pub(super) fn check(&self) -> CheckResult {
        if !self.settings.enabled {
            let off = "off, every validation reads the store; `cache.enabled` turns it on";
            return CheckResult::new(CheckState::Ok, off);
        }
        let servers = self.invalidation_source.status();
        let untracked = servers.iter().filter_map(|server| Some((&server.server, server.tracking_error.as_ref()?)));
        let untracked: Vec<_> = untracked.map(|(server, why)| format!("; {server} is read each time: {why}")).collect();
        let state = if untracked.is_empty() { CheckState::Ok } else { CheckState::Degraded };
        CheckResult::new(state, format!("{} sessions are kept{}", self.cache.size().sessions, untracked.concat()))
    }
}
