//! Reads of the store, whose results are added to the cache.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    domain::{SessionId, time::ClockInstant},
    near_cache::{
        live_session::{LiveSession, SessionEncoder},
        memory::{CacheMemory, ReadTicket},
        session_read::{ReadOrigin, SessionRead, SessionStatus},
        source::{InvalidationSource, Lease, TrackedRead},
    },
    store::{LoadOutcome, LoadedSession, SessionStore, StoreError},
    sync::Arc,
};

/// The maximum number of concurrent reads of the store per node. A node with an empty cache fills it at this rate, so
/// that many nodes that lost their caches together do not take down a store that has just recovered.
pub const MAX_CONCURRENT_READS: usize = 256;

/// Reads sessions and mass revocations from the store.
pub(in crate::near_cache) struct StoreReader {
    store: Arc<dyn SessionStore>,
    /// The same store, as the source of invalidations.
    pub(super) source: Arc<dyn InvalidationSource>,
    pub(super) memory: Arc<CacheMemory>,
    encode_session: SessionEncoder,
    /// The read permits: each read of a session holds one.
    permits: Semaphore,
}

impl StoreReader {
    pub(in crate::near_cache) fn new(
        store: Arc<dyn SessionStore>,
        source: Arc<dyn InvalidationSource>,
        memory: Arc<CacheMemory>,
        encode_session: SessionEncoder,
    ) -> Self {
        Self { store, source, memory, encode_session, permits: Semaphore::new(MAX_CONCURRENT_READS) }
    }

    /// Waits for a read permit.
    pub(super) async fn acquire_permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        self.permits.acquire().await.map_err(|_| too_many_reads())
    }

    /// Reads a session from the store, bypassing the cache.
    pub(super) async fn load(&self, id: SessionId) -> Result<SessionStatus, StoreError> {
        Ok(match self.store.load(id).await? {
            LoadOutcome::Found(found) => {
                let LoadedSession { session, mass_revoked } = *found;
                let live = Arc::new(LiveSession::new(session, self.encode_session));
                match mass_revoked {
                    None => SessionStatus::Live(live),
                    Some((at, cause)) => SessionStatus::MassRevoked(live, at, Arc::new(cause)),
                }
            }
            LoadOutcome::Ended(tombstone) => SessionStatus::Ended(Arc::new(tombstone)),
            LoadOutcome::NotFound => SessionStatus::Missing,
        })
    }

    /// Reads a session of a tracked bucket with a permit, and caches it. The read begins at `started_at`.
    pub(super) async fn read_and_cache(
        &self,
        id: SessionId,
        ticket: &ReadTicket,
        started_at: ClockInstant,
    ) -> Result<SessionRead, StoreError> {
        let _permit = self.acquire_permit().await?;
        let TrackedRead { session, latest } = self.source.read_session(&ticket.lease, id).await?;
        let is_tracked = session.is_some();
        let status = match session {
            Some(session) => SessionStatus::Live(Arc::new(LiveSession::new(session, self.encode_session))),
            None => self.load(id).await?,
        };
        // The reason of an end never changes, so it may be cached although it was read without tracking.
        let is_cacheable = is_tracked || status.is_terminal();
        let is_cached = is_cacheable && self.memory.insert(ticket, id, status.clone(), latest);
        Ok(SessionRead { status, as_of: started_at.wall_clock, origin: ReadOrigin::Store { is_cached } })
    }

    /// Reads the mass revocations of every bucket that waits for some, and adds them to its list. Returns whether the
    /// read succeeded.
    pub(super) async fn read_pending_revocations(&self, lease: &Arc<Lease>) -> bool {
        let tickets = self.memory.pending_revocations(lease);
        let since: Vec<_> = tickets.iter().map(|ticket| (ticket.bucket, ticket.since)).collect();
        let Ok(found) = self.source.read_revocations(lease, &since).await else { return false };
        for found in &found {
            if let Some(ticket) = tickets.iter().find(|ticket| ticket.bucket == found.bucket) {
                self.memory.apply_revocations(ticket, found);
            }
        }
        true
    }
}

pub(super) fn too_many_reads() -> StoreError {
    StoreError::Unreachable { during: "waiting for a read permit", source: "too many concurrent session reads".into() }
}
