//! Is what is kept what the store has? The promise, looked at while running.

use tokio::time::sleep;

use super::{
    near_cache::CacheLookup,
    session_reader::{SessionReader, SessionStatus},
    shard::CacheEntry,
};
use crate::{
    domain::SessionId,
    store::StoreError,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// One of the sessions that were answered from memory lately.
#[derive(Default)]
pub(super) struct HitSample {
    is_taken: AtomicBool,
    id: Mutex<Option<SessionId>>,
}

impl HitSample {
    /// Takes the first that comes since the last one was looked at.
    pub(super) fn offer(&self, id: SessionId) {
        if !self.is_taken.load(Ordering::Relaxed) && !self.is_taken.swap(true, Ordering::Relaxed) {
            *self.id.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        }
    }

    fn take(&self) -> Option<SessionId> {
        let id = self.id.lock().unwrap_or_else(PoisonError::into_inner).take();
        if id.is_some() {
            self.is_taken.store(false, Ordering::Relaxed);
        }
        id
    }
}

/// What a look into the store said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotCheckResult {
    /// Nothing was answered from memory since the last time, or it is kept no longer.
    NothingToCheck,
    /// What is kept is what the store has, or was forgotten in time.
    Consistent,
    /// It is kept and given out, though the store had something else longer ago than the bound.
    Stale(SessionId),
}

impl SessionReader {
    /// Compares one session that was answered from memory lately with the store.
    ///
    /// No clock but this node's is needed: what the store answered otherwise must not be given out any more once the bound
    /// has passed since that answer.
    pub async fn spot_check(&self) -> Result<SpotCheckResult, StoreError> {
        let Some(id) = self.sample.take() else { return Ok(SpotCheckResult::NothingToCheck) };
        let CacheLookup::Hit { entry: CacheEntry::Live(kept), .. } = self.look_up(id) else {
            return Ok(SpotCheckResult::NothingToCheck);
        };
        if let SessionStatus::Live(stored) = self.source.load(id).await?
            && stored.encoded_session == kept.encoded_session
        {
            return Ok(SpotCheckResult::Consistent);
        }
        sleep(self.max_staleness).await;
        Ok(match self.look_up(id) {
            CacheLookup::Hit { entry: CacheEntry::Live(still), .. } if Arc::ptr_eq(&still, &kept) => {
                self.observer.served_stale();
                SpotCheckResult::Stale(id)
            }
            _ => SpotCheckResult::Consistent,
        })
    }
}
