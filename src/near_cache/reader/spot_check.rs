//! The spot check: a comparison of cached sessions with the store, which monitors the staleness bound at runtime.

use tokio::time::sleep;

use super::SessionReader;
use crate::{
    domain::SessionId,
    near_cache::{memory::CacheLookup, session_read::SessionStatus},
    store::StoreError,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// The result of a spot check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotCheckResult {
    /// No session was served from the cache since the last check, or it is no longer cached.
    NothingToCheck,
    /// The cached session equals the stored one, or was invalidated in time.
    Consistent,
    /// The session is still served from the cache, although the store had another state longer ago than the staleness
    /// bound.
    Stale(SessionId),
}

/// A session that was recently served from the cache.
#[derive(Default)]
pub(super) struct HitSample {
    is_taken: AtomicBool,
    id: Mutex<Option<SessionId>>,
}

impl HitSample {
    /// Takes the first session that is offered after the last one was checked.
    pub(super) fn offer(&self, id: SessionId) {
        if !self.is_taken.load(Ordering::Relaxed) && !self.is_taken.swap(true, Ordering::Relaxed) {
            *self.id.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        }
    }

    /// Returns the session, if there is one, so that another can be offered.
    pub(super) fn take(&self) -> Option<SessionId> {
        let id = self.id.lock().unwrap_or_else(PoisonError::into_inner).take();
        if id.is_some() {
            self.is_taken.store(false, Ordering::Relaxed);
        }
        id
    }
}

impl SessionReader {
    /// Compares one session that was recently served from the cache with the store.
    ///
    /// The check needs no clock but this node's. If the store returns another state, the cached one must no longer be
    /// served once the staleness bound has passed since that response.
    pub async fn spot_check(&self) -> Result<SpotCheckResult, StoreError> {
        let Some(id) = self.sample.take() else { return Ok(SpotCheckResult::NothingToCheck) };
        let CacheLookup::Hit { status: SessionStatus::Live(cached), .. } = self.look_up(id) else {
            return Ok(SpotCheckResult::NothingToCheck);
        };
        if let SessionStatus::Live(stored) = self.store.load(id).await?
            && stored.encoded_session == cached.encoded_session
        {
            return Ok(SpotCheckResult::Consistent);
        }
        sleep(self.max_staleness).await;
        Ok(match self.look_up(id) {
            CacheLookup::Hit { status: SessionStatus::Live(still), .. } if Arc::ptr_eq(&still, &cached) => {
                self.observer.served_stale();
                SpotCheckResult::Stale(id)
            }
            _ => SpotCheckResult::Consistent,
        })
    }
}
