//! One read for all who ask for the same at the same time.

use std::collections::HashMap;

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use super::near::Ticket;
use crate::{
    domain::{SessionId, time::Moment},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Reads that are under way. Each goes on for as long as somebody waits for it.
pub(super) struct Flights<T: Clone> {
    under_way: Mutex<HashMap<SessionId, Flight<T>>>,
}

struct Flight<T: Clone> {
    ticket: Ticket,
    begun: Moment,
    read: WeakShared<BoxFuture<'static, T>>,
}

/// A part in a read. Its last one ends it.
pub(super) struct Seat<'a, T: Clone> {
    flights: &'a Flights<T>,
    id: SessionId,
    read: Option<Shared<BoxFuture<'static, T>>>,
}

impl<T: Clone> Flights<T> {
    pub(super) fn new() -> Self {
        Self { under_way: Mutex::new(HashMap::new()) }
    }

    /// A seat in the read of `id` that is under way, if it began under the same ticket and is young enough; else in a new
    /// one. Answers whether it is new.
    pub(super) fn board(
        &self,
        id: SessionId,
        ticket: &Ticket,
        now: Moment,
        is_young: impl Fn(Moment) -> bool,
        read: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> (Seat<'_, T>, bool) {
        let mut under_way = self.under_way();
        let same = under_way.get(&id).filter(|flight| flight.ticket == *ticket && is_young(flight.begun));
        let joined = same.and_then(|flight| flight.read.upgrade());
        let is_new = joined.is_none();
        let read = joined.unwrap_or_else(|| {
            let read = read().shared();
            if let Some(weak) = read.downgrade() {
                under_way.insert(id, Flight { ticket: ticket.clone(), begun: now, read: weak });
            }
            read
        });
        (Seat { flights: self, id, read: Some(read) }, is_new)
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<SessionId, Flight<T>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Seat<'_, T> {
    /// What was read.
    pub(super) async fn landed(mut self) -> Option<T> {
        match self.read.as_mut() {
            Some(read) => Some(read.await),
            None => None,
        }
    }
}

impl<T: Clone> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        self.read = None;
        let mut under_way = self.flights.under_way();
        if under_way.get(&self.id).is_some_and(|flight| flight.read.upgrade().is_none()) {
            under_way.remove(&self.id);
        }
    }
}
