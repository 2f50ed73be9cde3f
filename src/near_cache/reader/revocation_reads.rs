//! Shared reads of mass revocations: at most one at a time under each lease.

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use crate::{
    near_cache::source::Lease,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type RevocationReadFuture = BoxFuture<'static, bool>;

/// The reads in flight. Each continues for as long as a call waits for it.
#[derive(Default)]
pub(super) struct RevocationReads {
    in_flight: Mutex<Vec<(Arc<Lease>, WeakShared<RevocationReadFuture>)>>,
}

impl RevocationReads {
    /// Waits for the read in flight for `lease`, or for a new one. Returns whether it succeeded.
    ///
    /// A read that was already in flight may lack the revocations announced since it started. A caller that misses one
    /// of them joins again.
    pub(super) async fn join(&self, lease: &Arc<Lease>, read: impl FnOnce() -> RevocationReadFuture) -> bool {
        let shared = self.join_or_start(lease, read);
        shared.await
    }

    fn join_or_start(
        &self,
        lease: &Arc<Lease>,
        read: impl FnOnce() -> RevocationReadFuture,
    ) -> Shared<RevocationReadFuture> {
        let mut in_flight = self.in_flight();
        let is_running = |read: &Shared<RevocationReadFuture>| read.peek().is_none();
        in_flight.retain(|(_, read)| read.upgrade().is_some_and(|read| is_running(&read)));
        let same = in_flight.iter().find(|(other, _)| Arc::ptr_eq(other, lease));
        if let Some(running) = same.and_then(|(_, read)| read.upgrade()) {
            return running;
        }
        let read = read().shared();
        in_flight.extend(read.downgrade().map(|weak| (Arc::clone(lease), weak)));
        read
    }

    fn in_flight(&self) -> MutexGuard<'_, Vec<(Arc<Lease>, WeakShared<RevocationReadFuture>)>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
