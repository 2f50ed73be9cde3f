//! Locks on users: one login of a user at a time, and a short queue.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

use crate::domain::UserHandle;

/// The maximum number of logins of one user that wait for the one in progress.
pub(super) const MAX_WAITING: usize = 4;

/// The users with a login in progress. Users do not wait for each other.
#[derive(Debug, Default)]
pub struct UserLocks(Mutex<HashMap<UserHandle, LoginQueue>>);

#[derive(Debug, Default)]
struct LoginQueue {
    /// The number of logins: the one in progress and those that wait.
    logins: usize,
    lock: Arc<tokio::sync::Mutex<()>>,
}

/// An error: the maximum number of logins of this user is already waiting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct QueueFull;

impl UserLocks {
    /// Waits for the lock on this user, in the order of arrival. Dropping the guard releases the lock. Fails if the
    /// queue is full.
    pub(super) async fn acquire(&self, user: UserHandle) -> Result<UserLockGuard<'_>, QueueFull> {
        let lock = self.enter(user)?;
        // The guard leaves the queue even if the caller stops waiting.
        let mut guard = UserLockGuard { locks: self, user, guard: None };
        guard.guard = Some(lock.lock_owned().await);
        Ok(guard)
    }

    fn enter(&self, user: UserHandle) -> Result<Arc<tokio::sync::Mutex<()>>, QueueFull> {
        let mut users = self.users();
        let queue = users.entry(user).or_default();
        if queue.logins > MAX_WAITING {
            return Err(QueueFull);
        }
        queue.logins += 1;
        Ok(Arc::clone(&queue.lock))
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserHandle, LoginQueue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lock of one login on its user.
#[derive(Debug)]
pub(super) struct UserLockGuard<'a> {
    locks: &'a UserLocks,
    user: UserHandle,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Drop for UserLockGuard<'_> {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut users = self.locks.users();
        if let Some(queue) = users.get_mut(&self.user) {
            queue.logins -= 1;
            if queue.logins == 0 {
                users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const ANN: UserHandle = UserHandle([1; UserHandle::BYTES]);

    /// Returns a user in the same bucket as the other.
    fn bob() -> UserHandle {
        let mut handle = ANN;
        handle.0[11] = 2;
        handle
    }

    #[test]
    fn logins_of_a_user_go_one_at_a_time_and_a_few_wait() {
        let locks = UserLocks::default();
        let first = locks.acquire(ANN).now_or_never().expect("no login before it").expect("a lock");
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(locks.acquire(ANN))).collect();
        assert!(waiting.iter_mut().all(|login| login.as_mut().now_or_never().is_none()));
        assert_eq!(locks.acquire(ANN).now_or_never().map(Result::err), Some(Some(QueueFull)));
        drop(first);
        let second = waiting[0].as_mut().now_or_never().expect("the next login").expect("a lock");
        assert!(waiting[1].as_mut().now_or_never().is_none());
        drop(second);
        assert!(waiting[1].as_mut().now_or_never().is_some());
    }

    #[test]
    fn users_do_not_wait_for_each_other() {
        let locks = UserLocks::default();
        let _held = locks.acquire(ANN).now_or_never().expect("no login before it").expect("a lock");
        assert!(locks.acquire(bob()).now_or_never().expect("no login before it").is_ok());
    }

    #[test]
    fn who_waits_no_longer_makes_room_and_nothing_is_left_behind() {
        let locks = UserLocks::default();
        let held = locks.acquire(ANN).now_or_never().expect("no login before it").expect("a lock");
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(locks.acquire(ANN))).collect();
        assert!(waiting.iter_mut().all(|login| login.as_mut().now_or_never().is_none()));
        waiting.pop();
        let mut other = Box::pin(locks.acquire(ANN));
        assert!(other.as_mut().now_or_never().is_none(), "the queue has room");
        drop((waiting, other, held));
        assert!(locks.users().is_empty());
    }
}
