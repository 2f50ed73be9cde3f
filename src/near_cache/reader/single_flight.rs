//! Single flight: a read of a session that is shared by all calls that wait for it.

use std::collections::HashMap;

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use crate::{
    domain::{SessionId, time::ClockInstant},
    near_cache::memory::ReadTicket,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The reads in flight. Each continues for as long as a call waits for it.
pub(super) struct SingleFlight<T: Clone> {
    in_flight: Mutex<HashMap<SessionId, InFlightRead<T>>>,
}

struct InFlightRead<T: Clone> {
    ticket: ReadTicket,
    started_at: ClockInstant,
    read: WeakShared<BoxFuture<'static, T>>,
}

/// A share in a read in flight. Dropping the last one cancels the read.
pub(super) struct ReadWaiter<'a, T: Clone> {
    single_flight: &'a SingleFlight<T>,
    id: SessionId,
    read: Option<Shared<BoxFuture<'static, T>>>,
}

impl<T: Clone> SingleFlight<T> {
    pub(super) fn new() -> Self {
        Self { in_flight: Mutex::new(HashMap::new()) }
    }

    /// Joins the read of `id` in flight if it started under the same ticket and is young enough. Otherwise starts a new
    /// one. Returns the waiter and whether the read is new.
    pub(super) fn join(
        &self,
        id: SessionId,
        ticket: &ReadTicket,
        now: ClockInstant,
        is_young: impl Fn(ClockInstant) -> bool,
        read: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> (ReadWaiter<'_, T>, bool) {
        let mut in_flight = self.in_flight();
        let same = in_flight.get(&id).filter(|flight| flight.ticket == *ticket && is_young(flight.started_at));
        let joined = same.and_then(|flight| flight.read.upgrade());
        let is_new = joined.is_none();
        let read = joined.unwrap_or_else(|| {
            let read = read().shared();
            if let Some(weak) = read.downgrade() {
                in_flight.insert(id, InFlightRead { ticket: ticket.clone(), started_at: now, read: weak });
            }
            read
        });
        (ReadWaiter { single_flight: self, id, read: Some(read) }, is_new)
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<SessionId, InFlightRead<T>>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> ReadWaiter<'_, T> {
    /// Waits for the result of the read.
    pub(super) async fn wait(mut self) -> Option<T> {
        match self.read.as_mut() {
            Some(read) => Some(read.await),
            None => None,
        }
    }
}

impl<T: Clone> Drop for ReadWaiter<'_, T> {
    fn drop(&mut self) {
        self.read = None;
        let mut in_flight = self.single_flight.in_flight();
        if in_flight.get(&self.id).is_some_and(|flight| flight.read.upgrade().is_none()) {
            in_flight.remove(&self.id);
        }
    }
}
