//! A barrier: proof that every invalidation up to now has arrived, for all callers that wait at the same time.
//!
//! A server sends the invalidation of a change before the response to any later command. So a caller that has the
//! response to a command sent after its request has received every invalidation before the request.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// The callers that wait for the next barrier command, or for its response.
pub(super) struct InvalidationBarrier<P> {
    /// Number of requests so far, and their parts since the last command.
    requested: AtomicU64,
    parts: Mutex<Vec<P>>,
    /// Number of requests that are completed.
    completed: AtomicU64,
    /// Set when no further command will be sent.
    is_closed: AtomicBool,
    request_signal: Notify,
    completion_signal: Notify,
}

/// The requests that one command completes.
pub(super) struct BarrierRequests<P> {
    /// Number of requests so far.
    pub(super) ticket: u64,
    /// Their parts.
    pub(super) parts: Vec<P>,
}

impl<P: Copy + PartialEq> InvalidationBarrier<P> {
    pub(super) fn new() -> Self {
        Self {
            requested: AtomicU64::new(0),
            parts: Mutex::default(),
            completed: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            request_signal: Notify::new(),
            completion_signal: Notify::new(),
        }
    }

    /// Waits for the response to a command that is sent after this call. Returns `false` if no further command will be
    /// sent.
    pub(super) async fn wait(&self, part: P) -> bool {
        // The part is added before the ticket is taken. So a command that counts this ticket asks for the part, or one
        // that was sent just before did.
        self.add_part(part);
        let ticket = self.requested.fetch_add(1, Ordering::AcqRel) + 1;
        self.request_signal.notify_one();
        loop {
            let completion = self.completion_signal.notified();
            if self.completed.load(Ordering::Acquire) >= ticket {
                return true;
            }
            if self.is_closed.load(Ordering::Acquire) {
                return false;
            }
            completion.await;
        }
    }

    /// Waits until callers wait, and returns their requests.
    pub(super) async fn next_requests(&self) -> BarrierRequests<P> {
        loop {
            let ticket = self.requested.load(Ordering::Acquire);
            if ticket != self.completed.load(Ordering::Acquire) {
                return BarrierRequests { ticket, parts: self.take_parts() };
            }
            self.request_signal.notified().await;
        }
    }

    /// Completes the requests up to `ticket`: the response to a command that was sent after all of them has arrived.
    pub(super) fn complete(&self, ticket: u64) {
        self.completed.store(ticket, Ordering::Release);
        self.completion_signal.notify_waiters();
    }

    /// Returns a guard that closes the barrier and wakes its callers when it is dropped.
    pub(super) const fn close_guard(&self) -> BarrierCloseGuard<'_, P> {
        BarrierCloseGuard(self)
    }

    fn add_part(&self, part: P) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if !parts.contains(&part) {
            parts.push(part);
        }
    }

    fn take_parts(&self) -> Vec<P> {
        std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Closes the barrier and wakes its callers when it is dropped.
pub(super) struct BarrierCloseGuard<'a, P>(&'a InvalidationBarrier<P>);

impl<P> Drop for BarrierCloseGuard<'_, P> {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.completion_signal.notify_waiters();
    }
}
