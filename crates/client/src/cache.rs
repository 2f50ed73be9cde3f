//! The cache of verdicts.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use lru::LruCache;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::api::{Consistency, ValidateRequest, ValidateResponse, validate_response::Outcome};

/// The cache of verdicts. A revocation is not seen while a verdict is reused, so it is off by default.
#[derive(Clone, Copy, Debug)]
pub struct CacheOptions {
    /// The number of verdicts. The least recently used one makes room.
    pub max_entries: NonZeroUsize,
    /// The longest time that a verdict is reused. The server limits it further (`cache_ttl`, 0 unless configured).
    pub max_ttl: Duration,
}

/// The digest of a request, which contains the token and everything else that the verdict depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

/// A bounded cache of active sessions. It never holds a rejection or an error.
#[derive(Debug)]
pub struct VerdictCache {
    state: Mutex<State>,
    max_ttl: Duration,
}

struct State {
    verdicts: LruCache<CacheKey, (Instant, ValidateResponse)>,
    /// Incremented when the cache is cleared, so that a validation that began before is not stored.
    generation: u64,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("verdicts", &self.verdicts.len()).finish_non_exhaustive()
    }
}

impl VerdictCache {
    pub fn new(options: CacheOptions) -> Self {
        let state = State { verdicts: LruCache::new(options.max_entries), generation: 0 };
        Self { state: Mutex::new(state), max_ttl: options.max_ttl }
    }

    /// Returns the key of a request, unless its verdict must come from the server.
    pub fn key(request: &ValidateRequest) -> Option<CacheKey> {
        let is_cacheable = request.max_auth_age.is_none()
            && request.min_assurance_level == 0
            && request.consistency != i32::from(Consistency::Strong);
        is_cacheable.then(|| CacheKey(Sha256::digest(request.encode_to_vec()).into()))
    }

    pub fn get(&self, key: &CacheKey) -> Option<ValidateResponse> {
        let mut state = self.state();
        let (expires, response) = state.verdicts.get(key)?;
        if *expires <= Instant::now() {
            state.verdicts.pop(key);
            return None;
        }
        Some(response.clone())
    }

    /// Returns the generation, to be taken before a validation is sent.
    pub fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Stores the response to a request that was sent at `sent`, unless the cache was cleared since `generation`.
    pub fn insert(&self, key: CacheKey, generation: u64, sent: Instant, response: &ValidateResponse) {
        let Some(expires) = self.lifetime(response).and_then(|lifetime| sent.checked_add(lifetime)) else { return };
        let mut state = self.state();
        if state.generation == generation {
            state.verdicts.put(key, (expires, response.clone()));
        }
    }

    pub fn clear(&self) {
        let mut state = self.state();
        state.verdicts.clear();
        state.generation += 1;
    }

    /// Returns how long the response may be reused: not beyond what the server and the options allow, nor beyond the
    /// end of the session.
    fn lifetime(&self, response: &ValidateResponse) -> Option<Duration> {
        let Some(Outcome::Session(session)) = &response.outcome else { return None };
        let allowed = Duration::try_from(response.cache_ttl.unwrap_or_default()).ok()?;
        let now = SystemTime::now();
        let ends = [session.expires_at, session.idle_expires_at].into_iter().flatten();
        let left =
            ends.filter_map(|end| SystemTime::try_from(end).ok()?.duration_since(now).ok().or(Some(Duration::ZERO)));
        Some(left.fold(allowed.min(self.max_ttl), Duration::min)).filter(|lifetime| !lifetime.is_zero())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Rejection, Session};

    fn request(token: &str) -> ValidateRequest {
        ValidateRequest { token: token.to_owned(), ..Default::default() }
    }

    fn key(token: &str) -> CacheKey {
        VerdictCache::key(&request(token)).expect("cacheable")
    }

    fn response(seconds: i64) -> ValidateResponse {
        ValidateResponse {
            outcome: Some(Outcome::Session(Session::default())),
            cache_ttl: Some(prost_types::Duration { seconds, nanos: 0 }),
            ..Default::default()
        }
    }

    fn cache(max_entries: usize) -> VerdictCache {
        let max_entries = NonZeroUsize::new(max_entries).expect("positive");
        VerdictCache::new(CacheOptions { max_entries, max_ttl: Duration::from_secs(5) })
    }

    #[tokio::test(start_paused = true)]
    async fn a_verdict_is_reused_for_as_long_as_both_sides_allow() {
        for (server, lives) in [(2, 2), (60, 5)] {
            let cache = cache(10);
            cache.insert(key("a"), 0, Instant::now(), &response(server));
            tokio::time::advance(Duration::from_millis(lives * 1_000 - 1)).await;
            assert!(cache.get(&key("a")).is_some() && cache.get(&key("b")).is_none());
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(cache.get(&key("a")).is_none(), "after {lives} s");
        }
        let cache = cache(10);
        cache.insert(key("a"), 0, Instant::now(), &response(0));
        assert!(cache.get(&key("a")).is_none(), "the server does not allow it");
    }

    #[tokio::test(start_paused = true)]
    async fn only_active_sessions_are_kept_and_the_number_is_bounded() {
        let cache = cache(2);
        let rejected = ValidateResponse { outcome: Some(Outcome::Rejection(Rejection::default())), ..response(5) };
        cache.insert(key("r"), 0, Instant::now(), &rejected);
        assert!(cache.get(&key("r")).is_none());
        for token in ["a", "b", "c"] {
            cache.insert(key(token), 0, Instant::now(), &response(5));
        }
        assert!(cache.get(&key("a")).is_none() && cache.get(&key("b")).is_some() && cache.get(&key("c")).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_validation_that_began_before_a_revocation_is_not_kept() {
        let cache = cache(2);
        let generation = cache.generation();
        cache.clear();
        cache.insert(key("a"), generation, Instant::now(), &response(5));
        assert!(cache.get(&key("a")).is_none());
        cache.insert(key("a"), cache.generation(), Instant::now(), &response(5));
        assert!(cache.get(&key("a")).is_some());
    }

    #[test]
    fn requirements_bypass_the_cache() {
        let strong = i32::from(Consistency::Strong);
        assert!(VerdictCache::key(&ValidateRequest { consistency: strong, ..request("a") }).is_none());
        assert!(VerdictCache::key(&ValidateRequest { min_assurance_level: 1, ..request("a") }).is_none());
        let age = Some(prost_types::Duration { seconds: 1, nanos: 0 });
        assert!(VerdictCache::key(&ValidateRequest { max_auth_age: age, ..request("a") }).is_none());
    }
}
