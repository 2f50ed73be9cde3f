//! The last use of each credential, to the hour.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::credential::CredentialId;
use crate::domain::UnixMillis;

const HOUR_MILLIS: u64 = 3_600_000;

/// The last use of one credential. A use within the same hour as the one before is one atomic read.
#[derive(Debug, Default)]
pub(super) struct LastUse {
    /// Hours since the epoch; 0 before the first use.
    used: AtomicU64,
    /// The hour that was recorded in the audit.
    recorded: AtomicU64,
}

impl LastUse {
    pub(super) fn mark(&self, now: UnixMillis) {
        let hour = now.get() / HOUR_MILLIS;
        if self.used.load(Ordering::Relaxed) < hour {
            self.used.fetch_max(hour, Ordering::Relaxed);
        }
    }

    /// Returns the hour of the last use, or `None` if there was none.
    pub(super) fn last_used_at(&self) -> Option<UnixMillis> {
        hour_start(self.used.load(Ordering::Relaxed))
    }

    fn unrecorded(&self) -> Option<UnixMillis> {
        let used = self.used.load(Ordering::Relaxed);
        if used > self.recorded.load(Ordering::Relaxed) { hour_start(used) } else { None }
    }
}

fn hour_start(hour: u64) -> Option<UnixMillis> {
    (hour > 0).then(|| UnixMillis::new(hour.saturating_mul(HOUR_MILLIS)))
}

/// The last uses of all credentials of a node. They stay the same when the callers file is reloaded.
#[derive(Debug, Default)]
pub(super) struct LastUses(Mutex<HashMap<CredentialId, Arc<LastUse>>>);

impl LastUses {
    /// Returns the last use of a credential, which is tracked from now on.
    pub(super) fn track(&self, id: &CredentialId) -> Arc<LastUse> {
        Arc::clone(self.all().entry(id.clone()).or_default())
    }

    /// Stops tracking credentials that nothing else refers to, unless a use is yet to be recorded.
    pub(super) fn prune(&self) {
        self.all().retain(|_, last| Arc::strong_count(last) > 1 || last.unrecorded().is_some());
    }

    /// Returns the uses that are yet to be recorded.
    pub(super) fn unrecorded(&self) -> Vec<(CredentialId, UnixMillis)> {
        self.all().iter().filter_map(|(id, last)| Some((id.clone(), last.unrecorded()?))).collect()
    }

    /// Notes that a use was recorded.
    pub(super) fn mark_recorded(&self, id: &CredentialId, at: UnixMillis) {
        if let Some(last) = self.all().get(id) {
            last.recorded.fetch_max(at.get() / HOUR_MILLIS, Ordering::Relaxed);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<CredentialId, Arc<LastUse>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
