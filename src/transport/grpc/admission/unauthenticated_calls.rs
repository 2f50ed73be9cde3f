//! Pending calls of unauthenticated callers: their message has not arrived yet.
//!
//! These callers cannot be distinguished, so they have no shares. If the capacity is exceeded, the call that has waited
//! longest is evicted. Requests that were left incomplete therefore do not keep out a probe, whose message is on its
//! way.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::work::{AdmissionRefusal, WorkKind};
use crate::transport::grpc::call::CallObserver;

pub(super) struct UnauthenticatedCalls {
    capacity: usize,
    pending: Mutex<PendingCalls>,
    observer: Arc<dyn CallObserver>,
}

#[derive(Default)]
struct PendingCalls {
    /// By ticket, in order of arrival. Dropping a sender evicts its call.
    calls: BTreeMap<u64, oneshot::Sender<()>>,
    tickets: u64,
}

impl UnauthenticatedCalls {
    pub(super) fn new(capacity: usize, observer: Arc<dyn CallObserver>) -> Self {
        Self { capacity, pending: Mutex::default(), observer }
    }

    /// Admits one more call, and evicts the oldest one if the capacity is exceeded.
    pub(super) fn admit(&self) -> PendingCallGuard<'_> {
        let (sender, eviction) = oneshot::channel();
        let mut waiting = self.pending();
        waiting.tickets += 1;
        let ticket = waiting.tickets;
        waiting.calls.insert(ticket, sender);
        if waiting.calls.len() > self.capacity {
            waiting.calls.pop_first();
            self.observer.admission_refused(WorkKind::Unauthenticated, AdmissionRefusal::BudgetFull);
        }
        self.observer.add_permits_in_use(WorkKind::Unauthenticated, 1);
        PendingCallGuard { owner: self, ticket, eviction }
    }

    fn pending(&self) -> MutexGuard<'_, PendingCalls> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pending call, until it is dropped.
pub(super) struct PendingCallGuard<'a> {
    owner: &'a UnauthenticatedCalls,
    ticket: u64,
    eviction: oneshot::Receiver<()>,
}

impl PendingCallGuard<'_> {
    /// Resolves when the call is evicted.
    pub(super) async fn evicted(&mut self) {
        let _ = (&mut self.eviction).await;
    }
}

impl Drop for PendingCallGuard<'_> {
    fn drop(&mut self) {
        self.owner.pending().calls.remove(&self.ticket);
        self.owner.observer.add_permits_in_use(WorkKind::Unauthenticated, -1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::transport::grpc::call::tests::NoopCallObserver;

    #[test]
    fn the_one_that_has_waited_longest_makes_room() {
        let calls = UnauthenticatedCalls::new(2, Arc::new(NoopCallObserver));
        let mut pending: Vec<_> = (0..2).map(|_| calls.admit()).collect();
        assert!(pending.iter_mut().all(|call| call.evicted().now_or_never().is_none()));
        pending.push(calls.admit());
        let is_evicted: Vec<_> = pending.iter_mut().map(|call| call.evicted().now_or_never().is_some()).collect();
        assert_eq!(is_evicted, [true, false, false]);
        drop(pending);
        assert!(calls.pending().calls.is_empty());
    }
}
