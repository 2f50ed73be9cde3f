//! A sample of the sessions that are served from the cache.

use crate::{
    domain::SessionId,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

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
