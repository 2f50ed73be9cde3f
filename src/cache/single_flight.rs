//! One read for all who ask for the same at the same time.

use std::collections::HashMap;

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use super::near_cache::ReadTicket;
use crate::{
    domain::{SessionId, time::ClockInstant},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Reads that are under way. Each goes on for as long as somebody waits for it.
pub(super) struct SingleFlight<T: Clone> {
    in_flight: Mutex<HashMap<SessionId, InFlightRead<T>>>,
}

struct InFlightRead<T: Clone> {
    ticket: ReadTicket,
    started_at: ClockInstant,
    read: WeakShared<BoxFuture<'static, T>>,
}

/// A part in a read. Its last one ends it.
pub(super) struct ReadWaiter<'a, T: Clone> {
    single_flight: &'a SingleFlight<T>,
    id: SessionId,
    read: Option<Shared<BoxFuture<'static, T>>>,
}

impl<T: Clone> SingleFlight<T> {
    pub(super) fn new() -> Self {
        Self { in_flight: Mutex::new(HashMap::new()) }
    }

    /// A seat in the read of `id` that is under way, if it began under the same ticket and is young enough; else in a new
    /// one. Answers whether it is new.
    pub(super) fn join(
        &self,
        id: SessionId,
        ticket: &ReadTicket,
        now: ClockInstant,
        is_young: impl Fn(ClockInstant) -> bool,
        read: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> (ReadWaiter<'_, T>, bool) {
        let mut under_way = self.in_flight();
        let same = under_way.get(&id).filter(|flight| flight.ticket == *ticket && is_young(flight.started_at));
        let joined = same.and_then(|flight| flight.read.upgrade());
        let is_new = joined.is_none();
        let read = joined.unwrap_or_else(|| {
            let read = read().shared();
            if let Some(weak) = read.downgrade() {
                under_way.insert(id, InFlightRead { ticket: ticket.clone(), started_at: now, read: weak });
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
    /// What was read.
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
        let mut under_way = self.single_flight.in_flight();
        if under_way.get(&self.id).is_some_and(|flight| flight.read.upgrade().is_none()) {
            under_way.remove(&self.id);
        }
    }
}
