//! The record that a node keeps of the changes it made.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{activity::SessionActivity, observer::AuthorityObserver};
use crate::domain::{EndReason, SessionEnding, SessionId};

/// Records changes of sessions: counts them, stops tracking the activity of ended sessions, and signals that there is
/// an event to relay.
#[derive(Clone)]
pub struct ChangeRecorder {
    pub activity: Arc<SessionActivity>,
    pub observer: Arc<dyn AuthorityObserver>,
    /// Notified after every change, so that its event is relayed at once.
    pub change_signal: Arc<Notify>,
}

impl ChangeRecorder {
    /// Records a new session, and the sessions that were ended for it.
    pub(super) fn record_created(&self, ended: &[SessionEnding]) {
        self.record_ended(ended);
        self.observer.created();
    }

    pub(super) fn record_updated(&self) {
        self.change_signal.notify_one();
    }

    /// Records a rotation, of which repeats change nothing.
    pub(super) fn record_rotated(&self, is_new: bool) {
        self.observer.rotated(is_new);
        if is_new {
            self.change_signal.notify_one();
        }
    }

    /// Records the sessions that a call ended.
    pub(super) fn record_ended(&self, ended: &[SessionEnding]) {
        self.record_endings(ended.iter().map(|session| (session.session_id, session.reason)));
    }

    /// Records the sessions that ended with all others of their user.
    pub(super) fn record_user_revoked(&self, ids: &[SessionId]) {
        self.record_endings(ids.iter().map(|id| (*id, EndReason::RevokedAll)));
    }

    /// Records a mass revocation, whose sessions are counted when they are swept.
    pub(super) fn record_mass_revoked(&self) {
        self.change_signal.notify_one();
    }

    /// Records the JWTs that a call denied, or whose denial it extended.
    pub(super) fn record_denied(&self, count: u32) {
        self.observer.jwts_denied(count);
        self.change_signal.notify_one();
    }

    fn record_endings(&self, endings: impl Iterator<Item = (SessionId, EndReason)>) {
        for (id, reason) in endings {
            self.activity.untrack(id);
            self.observer.ended(reason);
        }
        self.change_signal.notify_one();
    }
}
