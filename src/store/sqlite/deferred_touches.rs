//! Activity that could not be written when it was told, as the disk was full.

use std::{
    collections::HashMap,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    domain::{SessionId, UnixMillis, UserHandle},
    store::Touch,
};

/// Sessions whose activity is held back, at most. That of others is lost, and comes again while they are in use.
const MAX_DEFERRED: usize = 100_000;

/// Waits for the next write of activity. Counted in when sessions are listed.
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
