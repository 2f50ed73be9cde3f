//! Turns of logins: one login of a user at a time, and a short queue.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

use crate::domain::UserHandle;

/// Logins of one user that may wait for the one under way.
pub(super) const MAX_WAITING: usize = 4;

/// The users of whom a login is under way. Users do not wait for each other.
#[derive(Debug, Default)]
pub struct UserLocks(Mutex<HashMap<UserHandle, LoginQueue>>);

#[derive(Debug, Default)]
struct LoginQueue {
    /// The login under way and those that wait.
    logins: usize,
    lock: Arc<tokio::sync::Mutex<()>>,
}

/// As many logins of the user wait as may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct QueueFull;

impl UserLocks {
    /// Waits until it is the turn of a login of this user, in the order they come. The turn ends when the result is
    /// dropped.
    pub(super) async fn acquire(&self, user: UserHandle) -> Result<UserLockGuard<'_>, QueueFull> {
        let lock = self.enter(user)?;
        // Leaves also when it is given up while it waits.
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

/// The turn of one login.
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

    /// In the same bucket as the other.
    fn bob() -> UserHandle {
        let mut handle = ANN;
        handle.0[11] = 2;
        handle
    }

    #[test]
    fn logins_of_a_user_go_one_at_a_time_and_a_few_wait() {
        let locks = UserLocks::default();
        let first = locks.acquire(ANN).now_or_never().expect("nobody before it").expect("a turn");
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(locks.acquire(ANN))).collect();
        assert!(waiting.iter_mut().all(|login| login.as_mut().now_or_never().is_none()));
        assert_eq!(locks.acquire(ANN).now_or_never().map(Result::err), Some(Some(QueueFull)));
        drop(first);
        let second = waiting[0].as_mut().now_or_never().expect("the one that came next").expect("a turn");
        assert!(waiting[1].as_mut().now_or_never().is_none());
        drop(second);
        assert!(waiting[1].as_mut().now_or_never().is_some());
    }

    #[test]
    fn users_do_not_wait_for_each_other() {
        let locks = UserLocks::default();
        let _held = locks.acquire(ANN).now_or_never().expect("nobody before it").expect("a turn");
        assert!(locks.acquire(bob()).now_or_never().expect("nobody before it").is_ok());
    }

    #[test]
    fn who_waits_no_longer_makes_room_and_nothing_is_left_behind() {
        let locks = UserLocks::default();
        let held = locks.acquire(ANN).now_or_never().expect("nobody before it").expect("a turn");
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(locks.acquire(ANN))).collect();
        assert!(waiting.iter_mut().all(|login| login.as_mut().now_or_never().is_none()));
        waiting.pop();
        let mut other = Box::pin(locks.acquire(ANN));
        assert!(other.as_mut().now_or_never().is_none(), "there is room to wait");
        drop((waiting, other, held));
        assert!(locks.users().is_empty());
    }
}
