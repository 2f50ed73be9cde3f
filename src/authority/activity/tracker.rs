//! The activity of sessions that has not been written yet.
//!
//! A session in use is touched by every request. Writing each touch would cost one write per read. A node therefore
//! keeps the latest activity of a session in memory and writes it once per touch interval. Buffered activity is never
//! older than that interval, so idle sessions get it as a margin ([`crate::domain::SessionClock::idle_margin`]).
//!
//! The store writes the touches of one bucket in one step, which costs it far more than one more touch in that step. If
//! one session of a bucket is due, the others are therefore written with it from half of their interval on.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    domain::{BucketSet, SessionId, UnixMillis, UserHandle, policy::touch_interval},
    near_cache::ClientTag,
    store::Touch,
};

const SHARDS: usize = 16;

pub(super) struct ActivityTracker {
    shards: [Mutex<TrackedUsers>; SHARDS],
    capacity: usize,
    tracked: AtomicUsize,
    buffer_full: Notify,
}

/// The tracked sessions, grouped by user as the store needs them for a create or a list.
type TrackedUsers = HashMap<UserHandle, Vec<TrackedActivity>>;

#[derive(Clone, Copy)]
struct TrackedActivity {
    unique: [u8; SessionId::UNIQUE_BYTES],
    /// The touch interval, in milliseconds.
    interval: u32,
    latest: UnixMillis,
    written: UnixMillis,
    /// The client of the last use. `None` if it is unknown, or not watched.
    client: Option<ClientTag>,
}

impl TrackedActivity {
    const fn touch(&self, handle: UserHandle) -> Touch {
        Touch { session_id: SessionId { handle, unique: self.unique }, at: self.latest }
    }

    fn is_pending(&self) -> bool {
        self.latest > self.written
    }

    fn is_due(&self, now: UnixMillis) -> bool {
        now.since(self.written) >= Duration::from_millis(self.interval.into())
    }

    /// Returns whether the activity is to be written if its bucket is written anyway.
    fn is_half_due(&self, now: UnixMillis) -> bool {
        now.since(self.written) >= Duration::from_millis(self.interval.into()) / 2
    }
}

/// The result of recording the activity of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::authority) enum RecordResult {
    /// The activity is buffered and will be written.
    Buffered,
    /// The buffer is full, but the activity need not be written: the stored activity is younger than the touch
    /// interval. The idle margin adds at least that interval to the timeout. The session therefore does not idle out
    /// before the timeout of this activity, even without it.
    NotNeeded,
    /// The buffer is full, and the activity must be written now.
    Due,
}

/// A lock on the activity of a session. Other threads cannot record activity meanwhile.
pub(in crate::authority) struct ActivityGuard<'a> {
    users: MutexGuard<'a, TrackedUsers>,
    activity: &'a ActivityTracker,
    id: SessionId,
}

impl ActivityGuard<'_> {
    /// Returns the latest activity that this node knows of.
    pub(in crate::authority) fn latest(&self) -> Option<UnixMillis> {
        let sessions = self.users.get(&self.id.handle)?;
        sessions.iter().find(|followed| followed.unique == self.id.unique).map(|followed| followed.latest)
    }

    /// Returns the client of the last use that this node knows of.
    pub(in crate::authority) fn client(&self) -> Option<ClientTag> {
        let sessions = self.users.get(&self.id.handle)?;
        sessions.iter().find(|followed| followed.unique == self.id.unique)?.client
    }

    /// Records that the session was in use by `client`. `stored` is the latest activity known to be written.
    pub(in crate::authority) fn record(
        mut self,
        at: UnixMillis,
        stored: UnixMillis,
        idle_timeout: Duration,
        client: Option<ClientTag>,
    ) -> RecordResult {
        let Self { users, activity, id } = &mut self;
        let existing = users.get_mut(&id.handle).into_iter().flatten().find(|followed| followed.unique == id.unique);
        if let Some(followed) = existing {
            followed.latest = followed.latest.max(at);
            followed.written = followed.written.max(stored);
            followed.client = client.or(followed.client);
            return RecordResult::Buffered;
        }
        let interval = u32::try_from(touch_interval(idle_timeout).as_millis()).unwrap_or(u32::MAX);
        let new = TrackedActivity { unique: id.unique, interval, latest: at, written: stored, client };
        if activity.tracked.fetch_add(1, Ordering::Relaxed) >= activity.capacity {
            activity.tracked.fetch_sub(1, Ordering::Relaxed);
            if !new.is_due(at) {
                return RecordResult::NotNeeded;
            }
            activity.buffer_full.notify_one();
            return RecordResult::Due;
        }
        let sessions = users.entry(id.handle).or_default();
        // Most users have one session.
        sessions.reserve_exact(1);
        sessions.push(new);
        RecordResult::Buffered
    }
}

impl ActivityTracker {
    /// Creates a tracker for at most `capacity` sessions.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            capacity,
            tracked: AtomicUsize::new(0),
            buffer_full: Notify::new(),
        }
    }

    /// Locks the activity of a session. The guard must be held only briefly, because other calls wait for it.
    pub(super) fn lock_session(&self, id: SessionId) -> ActivityGuard<'_> {
        ActivityGuard { users: self.shard(id.handle), activity: self, id }
    }

    /// Returns the activity of a user that has not been written yet.
    pub(super) fn pending_touches(&self, handle: UserHandle) -> Vec<Touch> {
        let users = self.shard(handle);
        let sessions = users.get(&handle).map(Vec::as_slice).unwrap_or_default();
        sessions.iter().filter(|followed| followed.is_pending()).map(|followed| followed.touch(handle)).collect()
    }

    /// Returns the activity that is to be written now, or all pending activity if `everything` is set. Stops tracking
    /// sessions that were written and then unused for an interval. If the buffer is full, it stops tracking every
    /// session that was written.
    pub(super) fn collect_due(&self, now: UnixMillis, everything: bool) -> Vec<Touch> {
        let mut due = Vec::new();
        let is_full = self.tracked.load(Ordering::Relaxed) >= self.capacity;
        let due_buckets = self.due_buckets(now);
        for shard in &self.shards {
            let mut users = lock_shard(shard);
            users.retain(|handle, sessions| {
                let before = sessions.len();
                let is_bucket_due = due_buckets.contains(handle.bucket());
                sessions.retain(|followed| {
                    let is_due = everything || (is_bucket_due && followed.is_half_due(now));
                    if followed.is_pending() && is_due {
                        due.push(followed.touch(*handle));
                    }
                    followed.is_pending() || !(is_full || followed.is_due(now))
                });
                self.tracked.fetch_sub(before - sessions.len(), Ordering::Relaxed);
                !sessions.is_empty()
            });
        }
        due
    }

    /// Returns the buckets with activity that must be written now.
    fn due_buckets(&self, now: UnixMillis) -> BucketSet {
        let mut due = BucketSet::EMPTY;
        for shard in &self.shards {
            for (handle, sessions) in lock_shard(shard).iter() {
                if sessions.iter().any(|followed| followed.is_pending() && followed.is_due(now)) {
                    due.insert(handle.bucket());
                }
            }
        }
        due
    }

    /// Waits until there is no room for activity that must be written.
    pub(super) async fn wait_until_full(&self) {
        self.buffer_full.notified().await;
    }

    /// Returns the number of tracked sessions.
    pub(super) fn tracked_sessions(&self) -> usize {
        self.tracked.load(Ordering::Relaxed)
    }

    /// Records that touches were written.
    pub(super) fn mark_written(&self, touches: &[Touch]) {
        for touch in touches {
            let mut users = self.shard(touch.session_id.handle);
            let sessions = users.get_mut(&touch.session_id.handle);
            if let Some(followed) =
                sessions.into_iter().flatten().find(|followed| followed.unique == touch.session_id.unique)
            {
                followed.written = followed.written.max(touch.at);
            }
        }
    }

    /// Stops tracking a session that has ended.
    pub(super) fn untrack(&self, id: SessionId) {
        let mut users = self.shard(id.handle);
        if let Some(sessions) = users.get_mut(&id.handle) {
            let before = sessions.len();
            sessions.retain(|followed| followed.unique != id.unique);
            self.tracked.fetch_sub(before - sessions.len(), Ordering::Relaxed);
            if sessions.is_empty() {
                users.remove(&id.handle);
            }
        }
    }

    fn shard(&self, handle: UserHandle) -> MutexGuard<'_, TrackedUsers> {
        lock_shard(&self.shards[usize::from(handle.0[1]) % SHARDS])
    }
}

fn lock_shard(shard: &Mutex<TrackedUsers>) -> MutexGuard<'_, TrackedUsers> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::domain::{ClientContext, Liveness, SessionClock, policy::PolicyPreset};

    const HOUR: Duration = Duration::from_hours(1);

    fn touch(user: u8, session: u8, at: u64) -> Touch {
        let id = SessionId { handle: UserHandle([user; 12]), unique: [session; 8] };
        Touch { session_id: id, at: UnixMillis::new(at) }
    }

    fn record(activity: &ActivityTracker, touch: Touch) -> RecordResult {
        activity.lock_session(touch.session_id).record(touch.at, UnixMillis::new(0), HOUR, None)
    }

    fn minutes(n: u64) -> u64 {
        n * 60_000
    }

    #[test]
    fn a_busy_session_is_due_once_an_interval_with_its_latest_activity() {
        let activity = ActivityTracker::new(10);
        for at in [1, 2, minutes(1)] {
            assert_eq!(record(&activity, touch(1, 1, at)), RecordResult::Buffered);
        }
        assert!(activity.collect_due(UnixMillis::new(minutes(1) - 1), false).is_empty());
        let due = activity.collect_due(UnixMillis::new(minutes(1)), false);
        assert_eq!(due, [touch(1, 1, minutes(1))]);
        activity.mark_written(&due);
        record(&activity, touch(1, 1, minutes(1) + 5));
        assert!(activity.collect_due(UnixMillis::new(minutes(1) + 10), false).is_empty());
        assert_eq!(activity.collect_due(UnixMillis::new(minutes(1) + 10), true), [touch(1, 1, minutes(1) + 5)]);
    }

    #[test]
    fn a_session_in_steady_use_is_due_however_close_its_requests_come() {
        let activity = ActivityTracker::new(10);
        for at in (0..minutes(1)).step_by(1_000) {
            record(&activity, touch(1, 1, at));
            assert!(activity.collect_due(UnixMillis::new(at), false).is_empty());
        }
        assert_eq!(activity.collect_due(UnixMillis::new(minutes(1)), false).len(), 1);
    }

    #[test]
    fn the_sessions_of_a_bucket_are_written_together_from_half_of_their_interval_on() {
        let activity = ActivityTracker::new(10);
        let half = minutes(1) / 2;
        record(&activity, touch(1, 1, 1));
        let fresh = |id: u8, handle: u8| {
            let touch = touch(handle, id, minutes(1));
            let written = UnixMillis::new(if id == 2 { half } else { half + 1 });
            activity.lock_session(touch.session_id).record(touch.at, written, HOUR, None);
            touch
        };
        let (of_bucket, too_fresh, elsewhere) = (fresh(2, 1), fresh(3, 1), fresh(2, 2));
        let due = activity.collect_due(UnixMillis::new(minutes(1)), false);
        assert!(due.contains(&of_bucket));
        assert!(!due.contains(&too_fresh) && !due.contains(&elsewhere));
        assert_eq!(due.len(), 2);
    }

    #[test]
    fn the_client_of_the_last_use_is_known_until_the_session_is_tracked_no_longer() {
        let activity = ActivityTracker::new(10);
        let (id, client) = (touch(1, 1, 0).session_id, |ip: &str| {
            let client = ClientContext { ip: ip.parse().ok(), ..ClientContext::default() };
            ClientTag::from_client(&client)
        });
        let used_by = |ip| activity.lock_session(id).record(UnixMillis::new(5), UnixMillis::new(0), HOUR, client(ip));
        assert_eq!(activity.lock_session(id).client(), None);
        used_by("192.0.2.7");
        used_by("");
        assert_eq!(activity.lock_session(id).client(), client("192.0.2.7"), "an unknown client changes nothing");
        used_by("192.0.2.8");
        assert_eq!(activity.lock_session(id).client(), client("192.0.2.8"));
        activity.untrack(id);
        assert_eq!(activity.lock_session(id).client(), None);
    }

    #[test]
    fn what_could_not_be_written_stays_due() {
        let activity = ActivityTracker::new(10);
        record(&activity, touch(1, 1, 5));
        assert_eq!(activity.collect_due(UnixMillis::new(minutes(2)), false).len(), 1);
        assert_eq!(activity.collect_due(UnixMillis::new(minutes(3)), false).len(), 1);
    }

    #[test]
    fn a_session_no_longer_used_is_followed_no_longer() {
        let activity = ActivityTracker::new(10);
        record(&activity, touch(1, 1, 5));
        activity.mark_written(&[touch(1, 1, 5)]);
        assert!(activity.collect_due(UnixMillis::new(minutes(5)), false).is_empty());
        assert_eq!(activity.lock_session(touch(1, 1, 0).session_id).latest(), None);
        assert_eq!(activity.tracked.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_users_pending_activity_is_found_together_and_forgotten_one_by_one() {
        let activity = ActivityTracker::new(10);
        record(&activity, touch(1, 1, 5));
        record(&activity, touch(1, 2, 6));
        record(&activity, touch(2, 1, 7));
        assert_eq!(activity.pending_touches(UserHandle([1; 12])), [touch(1, 1, 5), touch(1, 2, 6)]);
        activity.untrack(touch(1, 1, 0).session_id);
        assert_eq!(activity.pending_touches(UserHandle([1; 12])), [touch(1, 2, 6)]);
        assert_eq!(activity.tracked.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn without_room_only_activity_that_is_due_is_left_to_the_caller() {
        let activity = ActivityTracker::new(1);
        assert_eq!(record(&activity, touch(1, 1, 5)), RecordResult::Buffered);
        assert_eq!(record(&activity, touch(1, 2, minutes(1) - 1)), RecordResult::NotNeeded);
        assert_eq!(activity.buffer_full.notified().now_or_never(), None);
        assert_eq!(record(&activity, touch(1, 2, minutes(1))), RecordResult::Due);
        assert_eq!(activity.buffer_full.notified().now_or_never(), Some(()), "a flush makes room");
        activity.untrack(touch(1, 1, 0).session_id);
        assert_eq!(record(&activity, touch(1, 2, 5)), RecordResult::Buffered);
    }

    #[test]
    fn where_room_is_short_it_is_made_by_what_has_been_written() {
        let activity = ActivityTracker::new(1);
        record(&activity, touch(1, 1, minutes(1)));
        let due = activity.collect_due(UnixMillis::new(minutes(1)), false);
        assert_eq!(due.len(), 1);
        assert_eq!(activity.collect_due(UnixMillis::new(minutes(1)), false).len(), 1, "unwritten activity stays");
        activity.mark_written(&due);
        assert!(activity.collect_due(UnixMillis::new(minutes(1)), false).is_empty());
        assert_eq!(record(&activity, touch(1, 2, minutes(1))), RecordResult::Buffered);
    }

    #[test]
    fn activity_that_need_not_be_kept_is_within_the_idle_margin() {
        for idle_timeout in [1, 19, 60, 3_600, 86_400].map(Duration::from_secs) {
            let margin = PolicyPreset::Default.policy().idle_margin(idle_timeout);
            let stored = UnixMillis::new(1_000);
            let at = stored.plus(touch_interval(idle_timeout)).minus(Duration::from_millis(1));
            let id = touch(1, 1, 0).session_id;
            assert_eq!(
                ActivityTracker::new(0).lock_session(id).record(at, stored, idle_timeout, None),
                RecordResult::NotNeeded
            );
            let expires_at = UnixMillis::MAX;
            let clock =
                SessionClock { last_active: stored, idle_timeout, idle_margin: margin, expires_at, device: [0; 8] };
            assert_eq!(clock.liveness(at.plus(idle_timeout)), Liveness::Live);
            let without_margin = SessionClock { idle_margin: Duration::ZERO, ..clock };
            assert_ne!(without_margin.liveness(at.plus(idle_timeout)), Liveness::Live);
        }
    }
}
