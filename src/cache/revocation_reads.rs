//! One read of mass revocations at a time under each lease.

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use crate::{
    store::Lease,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Read = BoxFuture<'static, bool>;

/// The reads under way. Each goes on for as long as somebody waits for it.
#[derive(Default)]
pub(super) struct RevocationReads {
    under_way: Mutex<Vec<(Arc<Lease>, WeakShared<Read>)>>,
}

impl RevocationReads {
    /// Waits for the read under way for `lease`, or for a new one. Returns whether it succeeded.
    ///
    /// One that was under way already may not have read what was announced since it began: whoever misses that joins again.
    pub(super) async fn join(&self, lease: &Arc<Lease>, read: impl FnOnce() -> Read) -> bool {
        let shared = self.joined(lease, read);
        shared.await
    }

    fn joined(&self, lease: &Arc<Lease>, read: impl FnOnce() -> Read) -> Shared<Read> {
        let mut under_way = self.under_way();
        let is_running = |read: &Shared<Read>| read.peek().is_none();
        under_way.retain(|(_, read)| read.upgrade().is_some_and(|read| is_running(&read)));
        let same = under_way.iter().find(|(other, _)| Arc::ptr_eq(other, lease));
        if let Some(running) = same.and_then(|(_, read)| read.upgrade()) {
            return running;
        }
        let read = read().shared();
        under_way.extend(read.downgrade().map(|weak| (Arc::clone(lease), weak)));
        read
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<(Arc<Lease>, WeakShared<Read>)>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
