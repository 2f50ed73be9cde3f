//! The spot check: a comparison of cached sessions with the store, which monitors the staleness bound at runtime.

use tokio::time::sleep;

use super::{SessionReader, SessionStatus};
use crate::{
    domain::SessionId,
    near_cache::memory::{CacheEntry, CacheLookup},
    store::StoreError,
    sync::Arc,
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

impl SessionReader {
    /// Compares one session that was recently served from the cache with the store.
    ///
    /// The check needs no clock but this node's. If the store returns another state, the cached one must no longer be
    /// served once the staleness bound has passed since that response.
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
