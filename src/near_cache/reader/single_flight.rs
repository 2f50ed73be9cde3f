//! Single flight: a read that is shared by all calls that wait for it.

use std::{collections::HashMap, hash::Hash};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use crate::{
    domain::time::ClockInstant,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The reads in flight, by what they read. Each starts under a ticket of the cache, and continues for as long as a call
/// waits for it.
pub(super) struct SingleFlight<Key, Ticket, T: Clone> {
    in_flight: Mutex<HashMap<Key, InFlightRead<Ticket, T>>>,
}

struct InFlightRead<Ticket, T: Clone> {
    ticket: Ticket,
    started_at: ClockInstant,
    read: WeakShared<BoxFuture<'static, T>>,
}

/// A share in a read in flight. Dropping the last one cancels the read.
pub(super) struct ReadWaiter<'a, Key: Copy + Eq + Hash, Ticket, T: Clone> {
    single_flight: &'a SingleFlight<Key, Ticket, T>,
    key: Key,
    read: Option<Shared<BoxFuture<'static, T>>>,
}

impl<Key: Copy + Eq + Hash, Ticket: Clone + PartialEq, T: Clone> SingleFlight<Key, Ticket, T> {
    pub(super) fn new() -> Self {
        Self { in_flight: Mutex::new(HashMap::new()) }
    }

    /// Joins the read of `key` in flight if it started under the same ticket and is young enough. Otherwise starts a new
    /// one. Returns the waiter and whether the read is new.
    pub(super) fn join(
        &self,
        key: Key,
        ticket: &Ticket,
        now: ClockInstant,
        is_young: impl Fn(ClockInstant) -> bool,
        read: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> (ReadWaiter<'_, Key, Ticket, T>, bool) {
        let mut in_flight = self.in_flight();
        let same = in_flight.get(&key).filter(|flight| flight.ticket == *ticket && is_young(flight.started_at));
        let joined = same.and_then(|flight| flight.read.upgrade());
        let is_new = joined.is_none();
        let read = joined.unwrap_or_else(|| {
            let read = read().shared();
            if let Some(weak) = read.downgrade() {
                in_flight.insert(key, InFlightRead { ticket: ticket.clone(), started_at: now, read: weak });
            }
            read
        });
        (ReadWaiter { single_flight: self, key, read: Some(read) }, is_new)
    }
}

impl<Key, Ticket, T: Clone> SingleFlight<Key, Ticket, T> {
    fn in_flight(&self) -> MutexGuard<'_, HashMap<Key, InFlightRead<Ticket, T>>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Key: Copy + Eq + Hash, Ticket, T: Clone> ReadWaiter<'_, Key, Ticket, T> {
    /// Waits for the result of the read.
    pub(super) async fn wait(mut self) -> Option<T> {
        match self.read.as_mut() {
            Some(read) => Some(read.await),
            None => None,
        }
    }
}

impl<Key: Copy + Eq + Hash, Ticket, T: Clone> Drop for ReadWaiter<'_, Key, Ticket, T> {
    fn drop(&mut self) {
        self.read = None;
        let mut in_flight = self.single_flight.in_flight();
        if in_flight.get(&self.key).is_some_and(|flight| flight.read.upgrade().is_none()) {
            in_flight.remove(&self.key);
        }
    }
}
