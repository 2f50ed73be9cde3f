//! The activity of sessions that is not written yet.
//!
//! A session in use is touched with every request; writing that each time would cost a write for every read.
//! So a node keeps the latest activity of a session in memory and writes it at most once in the session's
//! touch interval. What is held back is never older than that interval, which is why idle sessions are
//! granted it as a margin ([`crate::domain::SessionClock::idle_margin`]).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use crate::{
    domain::{SessionId, UnixMillis, UserHandle, policy::touch_interval},
    store::Touch,
};

use super::Authority;

const SHARDS: usize = 16;

/// Touches written by one call of the store.
const FLUSH: usize = 5_000;

pub(super) struct Activity {
    shards: [Mutex<Users>; SHARDS],
    capacity: usize,
    followed: AtomicUsize,
}

/// A user's sessions lie together, as the store wants them for a create or a list.
type Users = HashMap<UserHandle, Vec<Followed>>;

#[derive(Clone, Copy)]
struct Followed {
    id: SessionId,
    latest: UnixMillis,
    written: UnixMillis,
    interval: Duration,
}

impl Followed {
    const fn touch(&self) -> Touch {
        Touch { session_id: self.id, at: self.latest }
    }

    fn is_pending(&self) -> bool {
        self.latest > self.written
    }

    fn is_due(&self, now: UnixMillis) -> bool {
        now.since(self.written) >= self.interval
    }
}

impl Activity {
    /// Follows at most `capacity` sessions.
    pub(super) fn new(capacity: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), capacity, followed: AtomicUsize::new(0) }
    }

    /// Notes that a session was in use; `stored` is the activity known to be written. `false` when too many
    /// are followed already: then the caller writes it itself.
    pub(super) fn note(&self, touch: Touch, stored: UnixMillis, idle_timeout: Duration) -> bool {
        let mut users = self.shard(touch.session_id.handle);
        let sessions = users.entry(touch.session_id.handle).or_default();
        if let Some(followed) = sessions.iter_mut().find(|followed| followed.id == touch.session_id) {
            followed.latest = followed.latest.max(touch.at);
            followed.written = followed.written.max(stored);
            return true;
        }
        if self.followed.fetch_add(1, Ordering::Relaxed) >= self.capacity {
            self.followed.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        sessions.push(Followed {
            id: touch.session_id,
            latest: touch.at,
            written: stored,
            interval: touch_interval(idle_timeout),
        });
        true
    }

    /// The latest activity of a session that this node knows of.
    pub(super) fn latest(&self, id: SessionId) -> Option<UnixMillis> {
        let users = self.shard(id.handle);
        users.get(&id.handle)?.iter().find(|followed| followed.id == id).map(|followed| followed.latest)
    }

    /// What is not written yet of one user.
    pub(super) fn pending_of(&self, handle: UserHandle) -> Vec<Touch> {
        let users = self.shard(handle);
        let sessions = users.get(&handle).map(Vec::as_slice).unwrap_or_default();
        sessions.iter().filter(|followed| followed.is_pending()).map(Followed::touch).collect()
    }

    /// What is to be written now; all that is pending when `everything`. Sessions that have been written and
    /// not used for an interval are followed no longer.
    fn due(&self, now: UnixMillis, everything: bool) -> Vec<Touch> {
        let mut due = Vec::new();
        for shard in &self.shards {
            let mut users = lock(shard);
            users.retain(|_, sessions| {
                let before = sessions.len();
                sessions.retain(|followed| {
                    if followed.is_pending() && (everything || followed.is_due(now)) {
                        due.push(followed.touch());
                    }
                    followed.is_pending() || !followed.is_due(now)
                });
                self.followed.fetch_sub(before - sessions.len(), Ordering::Relaxed);
                !sessions.is_empty()
            });
        }
        due
    }

    /// Notes that touches were written.
    pub(super) fn written(&self, touches: &[Touch]) {
        for touch in touches {
            let mut users = self.shard(touch.session_id.handle);
            let sessions = users.get_mut(&touch.session_id.handle);
            if let Some(followed) = sessions.into_iter().flatten().find(|followed| followed.id == touch.session_id) {
                followed.written = followed.written.max(touch.at);
            }
        }
    }

    /// The session has ended.
    pub(super) fn forget(&self, id: SessionId) {
        let mut users = self.shard(id.handle);
        if let Some(sessions) = users.get_mut(&id.handle) {
            let before = sessions.len();
            sessions.retain(|followed| followed.id != id);
            self.followed.fetch_sub(before - sessions.len(), Ordering::Relaxed);
            if sessions.is_empty() {
                users.remove(&id.handle);
            }
        }
    }

    fn shard(&self, handle: UserHandle) -> MutexGuard<'_, Users> {
        lock(&self.shards[usize::from(handle.0[1]) % SHARDS])
    }
}

fn lock(shard: &Mutex<Users>) -> MutexGuard<'_, Users> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Authority {
    /// Writes the activity whose interval has passed. What could not be written is tried again next time.
    pub async fn flush_activity(&self) -> Result<usize, crate::domain::Error> {
        self.flush(false).await
    }

    /// Writes all activity that this node holds: before it stops.
    pub async fn flush_all_activity(&self) -> Result<usize, crate::domain::Error> {
        self.flush(true).await
    }

    /// Sessions whose activity this node follows.
    #[must_use]
    pub fn followed_sessions(&self) -> usize {
        self.activity.followed.load(Ordering::Relaxed)
    }

    async fn flush(&self, everything: bool) -> Result<usize, crate::domain::Error> {
        let due = self.activity.due(self.now(), everything);
        for touches in due.chunks(FLUSH) {
            let stored = self.store().touch(touches).await?;
            self.activity.written(touches);
            for (touch, stored) in touches.iter().zip(&stored) {
                if stored.is_none() {
                    self.activity.forget(touch.session_id);
                }
            }
            self.parts.observer.touches_written(touches.len());
        }
        Ok(due.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn touch(user: u8, session: u8, at: u64) -> Touch {
        let id = SessionId { handle: UserHandle([user; 12]), unique: [session; 8] };
        Touch { session_id: id, at: UnixMillis::new(at) }
    }

    fn minutes(n: u64) -> u64 {
        n * 60_000
    }

    #[test]
    fn a_busy_session_is_due_once_an_interval_with_its_latest_activity() {
        let activity = Activity::new(10);
        for at in [1, 2, minutes(1)] {
            assert!(activity.note(touch(1, 1, at), UnixMillis::new(0), HOUR));
        }
        assert!(activity.due(UnixMillis::new(minutes(1) - 1), false).is_empty());
        let due = activity.due(UnixMillis::new(minutes(1)), false);
        assert_eq!(due, [touch(1, 1, minutes(1))]);
        activity.written(&due);
        activity.note(touch(1, 1, minutes(1) + 5), UnixMillis::new(0), HOUR);
        assert!(activity.due(UnixMillis::new(minutes(1) + 10), false).is_empty());
        assert_eq!(activity.due(UnixMillis::new(minutes(1) + 10), true), [touch(1, 1, minutes(1) + 5)]);
    }

    #[test]
    fn a_session_in_steady_use_is_due_however_close_its_requests_come() {
        let activity = Activity::new(10);
        let login = UnixMillis::new(0);
        for at in (0..minutes(1)).step_by(1_000) {
            activity.note(touch(1, 1, at), login, HOUR);
            assert!(activity.due(UnixMillis::new(at), false).is_empty());
        }
        assert_eq!(activity.due(UnixMillis::new(minutes(1)), false).len(), 1);
    }

    #[test]
    fn what_could_not_be_written_stays_due() {
        let activity = Activity::new(10);
        activity.note(touch(1, 1, 5), UnixMillis::new(0), HOUR);
        assert_eq!(activity.due(UnixMillis::new(minutes(2)), false).len(), 1);
        assert_eq!(activity.due(UnixMillis::new(minutes(3)), false).len(), 1);
    }

    #[test]
    fn a_session_no_longer_used_is_followed_no_longer() {
        let activity = Activity::new(10);
        activity.note(touch(1, 1, 5), UnixMillis::new(0), HOUR);
        activity.written(&[touch(1, 1, 5)]);
        assert!(activity.due(UnixMillis::new(minutes(5)), false).is_empty());
        assert_eq!(activity.latest(touch(1, 1, 0).session_id), None);
        assert_eq!(activity.followed.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_users_pending_activity_is_found_together_and_forgotten_one_by_one() {
        let activity = Activity::new(10);
        activity.note(touch(1, 1, 5), UnixMillis::new(0), HOUR);
        activity.note(touch(1, 2, 6), UnixMillis::new(0), HOUR);
        activity.note(touch(2, 1, 7), UnixMillis::new(0), HOUR);
        assert_eq!(activity.pending_of(UserHandle([1; 12])), [touch(1, 1, 5), touch(1, 2, 6)]);
        activity.forget(touch(1, 1, 0).session_id);
        assert_eq!(activity.pending_of(UserHandle([1; 12])), [touch(1, 2, 6)]);
        assert_eq!(activity.followed.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn one_session_too_many_is_left_to_the_caller() {
        let activity = Activity::new(1);
        assert!(activity.note(touch(1, 1, 5), UnixMillis::new(0), HOUR));
        assert!(!activity.note(touch(1, 2, 5), UnixMillis::new(0), HOUR));
        activity.forget(touch(1, 1, 0).session_id);
        assert!(activity.note(touch(1, 2, 5), UnixMillis::new(0), HOUR));
    }
}
