//! The activity of sessions on its way to the store, and from there to the audit database.

mod pending_audit;
mod pending_clients;
mod tracker;
mod writer;

use self::{pending_audit::PendingAuditActivity, pending_clients::PendingClients, tracker::ActivityTracker};
use crate::{
    domain::{LastSeenClient, SessionId, UnixMillis, UserHandle},
    store::Touch,
};

pub(super) use self::tracker::{ActivityGuard, RecordResult};
pub use self::writer::ActivityWriter;

/// The activity of sessions that this node knows of. Validations record it, [`ActivityWriter`] writes it.
pub struct SessionActivity {
    tracker: ActivityTracker,
    pending_audit: PendingAuditActivity,
    pending_clients: PendingClients,
    /// The clients that were written to the store and not yet sent to the audit database.
    pending_audit_clients: PendingClients,
}

impl SessionActivity {
    /// Creates a record of at most `capacity` sessions. Activity of further sessions is written at once if it is due.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            tracker: ActivityTracker::new(capacity),
            pending_audit: PendingAuditActivity::new(capacity),
            pending_clients: PendingClients::new(capacity),
            pending_audit_clients: PendingClients::new(capacity),
        }
    }

    /// Returns the number of sessions whose activity this node tracks.
    #[must_use]
    pub fn tracked_sessions(&self) -> usize {
        self.tracker.tracked_sessions()
    }

    /// Locks the activity of a session. The guard must be held only briefly, because other calls wait for it.
    pub(super) fn lock_session(&self, id: SessionId) -> ActivityGuard<'_> {
        self.tracker.lock_session(id)
    }

    /// Returns the latest activity of a session that this node knows of.
    pub(super) fn latest(&self, id: SessionId) -> Option<UnixMillis> {
        self.lock_session(id).latest()
    }

    /// Returns the activity of a user that has not been written yet.
    pub(super) fn pending_touches(&self, handle: UserHandle) -> Vec<Touch> {
        self.tracker.pending_touches(handle)
    }

    /// Records that a call wrote the pending touches of a user.
    pub(super) fn mark_written(&self, touches: Vec<Touch>) {
        self.tracker.mark_written(&touches);
        self.pending_audit.add(touches);
    }

    /// Records activity that was written without being tracked.
    pub(super) fn add_written(&self, touch: Touch) {
        self.pending_audit.add([touch]);
    }

    /// Records the client that used a session last. It is written with the activity.
    pub(super) fn note_last_seen(&self, id: SessionId, client: LastSeenClient) {
        self.pending_clients.add(id, client);
    }

    /// Stops tracking a session that has ended.
    pub(super) fn untrack(&self, id: SessionId) {
        self.tracker.untrack(id);
    }
}
