//! Activity that could not be written because the disk was full.

use std::{
    collections::HashMap,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    domain::{SessionId, UnixMillis, UserHandle},
    store::Touch,
};

/// Maximum number of sessions with deferred activity. Activity of further sessions is dropped; the next use of such a
/// session reports it again.
const MAX_DEFERRED: usize = 100_000;

/// Touches that wait for the next write of activity. Lists of sessions include them.
#[derive(Debug, Default)]
pub(super) struct DeferredTouches(Mutex<HashMap<SessionId, UnixMillis>>);

impl DeferredTouches {
    pub(super) fn add(&self, touches: &[Touch]) {
        let mut deferred = self.lock();
        for Touch { session_id, at } in touches {
            if deferred.len() < MAX_DEFERRED || deferred.contains_key(session_id) {
                let latest = deferred.entry(*session_id).or_insert(*at);
                *latest = (*latest).max(*at);
            }
        }
    }

    pub(super) fn for_user(&self, handle: UserHandle) -> Vec<Touch> {
        let deferred = self.lock();
        if deferred.is_empty() {
            return Vec::new();
        }
        let touches = deferred.iter().map(|(session_id, at)| Touch { session_id: *session_id, at: *at });
        touches.filter(|touch| touch.session_id.handle == handle).collect()
    }

    pub(super) fn take(&self) -> Vec<Touch> {
        take(&mut *self.lock()).into_iter().map(|(session_id, at)| Touch { session_id, at }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, UnixMillis>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
