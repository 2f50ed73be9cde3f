//! A rate limit for mass revocations. After each of them every session of a bucket is inspected once, so a caller that
//! repeats it without end takes the store's time from others.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::domain::{CallError, event::RevocationScope};

/// The interval between mass revocations after a burst.
const INTERVAL: Duration = Duration::from_secs(1);

/// The maximum number of callers and scopes that are tracked at a time.
const MAX_TRACKED_KEYS: usize = 10_000;

/// Limits mass revocations for each caller and scope: a burst at once, then one per second. The limit applies per node.
#[derive(Debug)]
pub struct MassRevocationLimiter {
    burst: u32,
    /// The time at which each caller and scope would have used up its allowance at an even rate, as time since boot.
    used_until: Mutex<HashMap<(String, Vec<u8>), Duration>>,
}

impl MassRevocationLimiter {
    #[must_use]
    pub fn new(burst: u32) -> Self {
        Self { burst: burst.max(1), used_until: Mutex::default() }
    }

    /// Counts a mass revocation. Beyond the limit it fails with the time after which to retry.
    pub fn admit(&self, caller: &str, scope: &RevocationScope, now: Duration) -> Result<(), CallError> {
        let mut used_until = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        if used_until.len() >= MAX_TRACKED_KEYS {
            used_until.retain(|_, until| *until > now);
        }
        let key = (caller.to_owned(), scope.to_bytes());
        let next = used_until.get(&key).map_or(now, |until| now.max(*until)).saturating_add(INTERVAL);
        let limit = now.saturating_add(INTERVAL.saturating_mul(self.burst));
        if next > limit {
            return Err(CallError::RateLimited { retry_after: next.saturating_sub(limit) });
        }
        if used_until.len() >= MAX_TRACKED_KEYS && !used_until.contains_key(&key) {
            return Err(CallError::RateLimited { retry_after: INTERVAL });
        }
        used_until.insert(key, next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TenantId;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(1_000_000 + millis)
    }

    #[test]
    fn a_burst_passes_and_then_one_a_second() {
        let rate = MassRevocationLimiter::new(3);
        for _ in 0..3 {
            assert_eq!(rate.admit("ops", &RevocationScope::Everyone, at(0)), Ok(()));
        }
        let refused = |millis| Err(CallError::RateLimited { retry_after: Duration::from_millis(millis) });
        assert_eq!(rate.admit("ops", &RevocationScope::Everyone, at(0)), refused(1_000));
        assert_eq!(rate.admit("ops", &RevocationScope::Everyone, at(400)), refused(600));
        assert_eq!(rate.admit("ops", &RevocationScope::Everyone, at(1_000)), Ok(()));
        assert_eq!(rate.admit("ops", &RevocationScope::Everyone, at(1_000)), refused(1_000));
        for _ in 0..3 {
            assert_eq!(rate.admit("ops", &RevocationScope::Everyone, at(60_000)), Ok(()), "the burst is back");
        }
    }

    #[test]
    fn callers_and_scopes_do_not_use_up_what_others_may() {
        let rate = MassRevocationLimiter::new(1);
        let acme = RevocationScope::Tenant(TenantId::new("acme").expect("a tenant"));
        assert_eq!(rate.admit("ops", &acme, at(0)), Ok(()));
        assert!(rate.admit("ops", &acme, at(0)).is_err());
        assert_eq!(rate.admit("ops", &RevocationScope::Everyone, at(0)), Ok(()));
        assert_eq!(rate.admit("other", &acme, at(0)), Ok(()));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let rate = MassRevocationLimiter::new(1);
        for number in 0..MAX_TRACKED_KEYS {
            assert_eq!(rate.admit(&number.to_string(), &RevocationScope::Everyone, at(0)), Ok(()));
        }
        assert!(rate.admit("one more", &RevocationScope::Everyone, at(0)).is_err());
        assert_eq!(rate.admit("one more", &RevocationScope::Everyone, at(1_000)), Ok(()));
    }
}
