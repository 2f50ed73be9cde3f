//! The last activity of sessions on its way to the audit database, which displays it and bases no decision on it.

use std::{
    collections::HashMap,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    domain::{SessionId, UnixMillis},
    store::Touch,
};

/// Activity that was written to the store and not yet sent to the audit database: the latest of each session. If room
/// is short, the older half is dropped, because a session in use will be added again.
pub(super) struct PendingAuditActivity {
    halves: Mutex<ActivityHalves>,
    /// The capacity of one half.
    capacity: usize,
}

#[derive(Default)]
struct ActivityHalves {
    newer: HashMap<SessionId, UnixMillis>,
    older: HashMap<SessionId, UnixMillis>,
}

impl PendingAuditActivity {
    /// Creates a buffer for at most `capacity` sessions.
    pub(super) fn new(capacity: usize) -> Self {
        Self { halves: Mutex::default(), capacity: capacity.div_ceil(2).max(1) }
    }

    pub(super) fn add(&self, touches: impl IntoIterator<Item = Touch>) {
        let mut halves = self.lock();
        for Touch { session_id, at } in touches {
            if halves.newer.len() >= self.capacity && !halves.newer.contains_key(&session_id) {
                halves.older = take(&mut halves.newer);
            }
            let latest = halves.newer.entry(session_id).or_insert(at);
            *latest = at.max(*latest);
        }
    }

    pub(super) fn take(&self) -> Vec<Touch> {
        let ActivityHalves { mut newer, older } = take(&mut *self.lock());
        for (id, at) in older {
            let latest = newer.entry(id).or_insert(at);
            *latest = at.max(*latest);
        }
        newer.into_iter().map(|(session_id, at)| Touch { session_id, at }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, ActivityHalves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserHandle;

    fn touch(session: u8, at: u64) -> Touch {
        let id = SessionId { handle: UserHandle([1; 12]), unique: [session; 8] };
        Touch { session_id: id, at: UnixMillis::new(at) }
    }

    fn taken(pending: &PendingAuditActivity) -> Vec<Touch> {
        let mut touches = pending.take();
        touches.sort_by_key(|touch| touch.session_id);
        touches
    }

    #[test]
    fn the_latest_activity_of_each_session_is_sent_once() {
        let pending = PendingAuditActivity::new(10);
        pending.add([touch(1, 5), touch(2, 7), touch(1, 6), touch(2, 3)]);
        assert_eq!(taken(&pending), [touch(1, 6), touch(2, 7)]);
        assert!(taken(&pending).is_empty());
    }

    #[test]
    fn where_room_is_short_the_oldest_is_dropped() {
        let pending = PendingAuditActivity::new(4);
        pending.add((1..=5).map(|session| touch(session, 10)));
        pending.add([touch(3, 9)]);
        assert_eq!(taken(&pending), [touch(3, 10), touch(4, 10), touch(5, 10)]);
        pending.add((1..=200).map(|session| touch(session, 10)));
        let sent = taken(&pending);
        assert!(sent.len() <= 4 && sent.contains(&touch(200, 10)), "{sent:?}");
    }
}
