//! Room for calls of strangers whose message has not arrived.
//!
//! Strangers cannot be told apart, so they have no shares. Where there is no more room, the one that has waited longest
//! makes it: requests that somebody left half done do not keep out a probe, whose message is on its way.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::work::{Refusal, Work};
use crate::transport::grpc::call::CallObserver;

pub(super) struct WaitingRoom {
    capacity: usize,
    waiting: Mutex<Waiting>,
    observer: Arc<dyn CallObserver>,
}

#[derive(Default)]
struct Waiting {
    /// By ticket: in the order they came. Dropping a sender sends its call away.
    calls: BTreeMap<u64, oneshot::Sender<()>>,
    tickets: u64,
}

impl WaitingRoom {
    pub(super) fn new(capacity: usize, observer: Arc<dyn CallObserver>) -> Self {
        Self { capacity, waiting: Mutex::default(), observer }
    }

    /// A seat for one more call, at the cost of the oldest if there is none left.
    pub(super) fn enter(&self) -> Seat<'_> {
        let (sender, sent_away) = oneshot::channel();
        let mut waiting = self.waiting();
        waiting.tickets += 1;
        let ticket = waiting.tickets;
        waiting.calls.insert(ticket, sender);
        if waiting.calls.len() > self.capacity {
            waiting.calls.pop_first();
            self.observer.refused(Work::Unauthenticated, Refusal::BudgetFull);
        }
        self.observer.places_taken(Work::Unauthenticated, 1);
        Seat { room: self, ticket, sent_away }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A seat in the room, until it is dropped.
pub(super) struct Seat<'a> {
    room: &'a WaitingRoom,
    ticket: u64,
    sent_away: oneshot::Receiver<()>,
}

impl Seat<'_> {
    /// Resolves when the call has to make room.
    pub(super) async fn sent_away(&mut self) {
        let _ = (&mut self.sent_away).await;
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.room.waiting().calls.remove(&self.ticket);
        self.room.observer.places_taken(Work::Unauthenticated, -1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::transport::grpc::call::tests::Unheard;

    #[test]
    fn the_one_that_has_waited_longest_makes_room() {
        let room = WaitingRoom::new(2, Arc::new(Unheard));
        let mut seats: Vec<_> = (0..2).map(|_| room.enter()).collect();
        assert!(seats.iter_mut().all(|seat| seat.sent_away().now_or_never().is_none()));
        seats.push(room.enter());
        let is_away: Vec<_> = seats.iter_mut().map(|seat| seat.sent_away().now_or_never().is_some()).collect();
        assert_eq!(is_away, [true, false, false]);
        drop(seats);
        assert!(room.waiting().calls.is_empty());
    }
}
