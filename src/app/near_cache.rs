//! The near cache of a node, over its store.

use std::sync::Arc;

use super::readiness::CheckResult;
use crate::{
    clock::Clock,
    config::CacheConfig,
    near_cache::{InvalidatingStore, NearCache, SessionReader, SessionSource, source::InvalidationSource},
    store::SessionStore,
    telemetry::Metrics,
    transport::{grpc::encode_cached_session, http::CheckState},
};

/// The near cache of a node, with the store and the reader that use it.
pub(super) struct NearCacheParts {
    pub(super) cache: Arc<NearCache>,
    /// The session store. Its changes invalidate `cache`.
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

    /// Returns the state of the cache. Degraded while a server is not tracked: verdicts are right, but slower.
    pub(super) fn check(&self) -> CheckResult {
        if !self.settings.enabled {
            let disabled = "disabled: every validation reads the store; set `cache.enabled` to enable it";
            return CheckResult::new(CheckState::Ok, disabled);
        }
        let servers = self.invalidation_source.status();
        let untracked = servers.iter().filter_map(|server| Some((&server.server, server.tracking_error.as_ref()?)));
        let untracked: Vec<_> = untracked
            .map(|(server, why)| format!("; {server} is not tracked, its sessions are read from the store: {why}"))
            .collect();
        let state = if untracked.is_empty() { CheckState::Ok } else { CheckState::Degraded };
        CheckResult::new(state, format!("{} sessions cached{}", self.cache.size().sessions, untracked.concat()))
    }
}
