//! Notifications to users.

use std::{fmt, str::FromStr};

use super::{
    alert::AlertId,
    error::FieldViolation,
    event::EventId,
    id::{Owner, TenantId, UserId},
    time::UnixMillis,
};

/// The ID of a notification. It is derived from the sign-in or the event that the notification is about, so the same
/// notification is recognised wherever it is queued again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotificationId(pub [u8; 16]);

impl NotificationId {
    /// Returns the ID of the notification about the findings with this common name.
    #[must_use]
    pub fn new(tenant: &TenantId, group: &str) -> Self {
        Self(EventId::from_parts(&[b"notification", tenant.as_str().as_bytes(), &[0], group.as_bytes()]).0)
    }
}

/// A UUID.
impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        AlertId(self.0).fmt(f)
    }
}

impl FromStr for NotificationId {
    type Err = FieldViolation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |_| FieldViolation::new("notification_ids", "must be IDs of notifications, which are UUIDs");
        text.parse::<AlertId>().map(|id| Self(id.0)).map_err(invalid)
    }
}

/// A notification that is to be queued.
#[derive(Clone, PartialEq, Eq)]
pub struct NotificationDraft {
    pub id: NotificationId,
    pub owner: Owner,
    /// The time of the sign-in or the event.
    pub event_time: UnixMillis,
    /// The time at which the notification is discarded.
    pub expires_at: UnixMillis,
    /// Set if no further finding of the sign-in follows.
    pub is_complete: bool,
    /// The findings in their order, each with the stored form of its alert.
    pub findings: Vec<(AlertId, Vec<u8>)>,
}

/// Omits the alerts, which have the address of the user.
impl fmt::Debug for NotificationDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationDraft").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A notification under a lease.
#[derive(Clone, PartialEq, Eq)]
pub struct LeasedNotification {
    pub id: NotificationId,
    pub tenant: String,
    pub user: String,
    /// The number of leases, including this one.
    pub attempts: u32,
    pub expires_at: UnixMillis,
    /// The stored forms of the alerts.
    pub findings: Vec<Vec<u8>>,
}

/// Omits the alerts, which have the address of the user.
impl fmt::Debug for LeasedNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("LeasedNotification");
        shown.field("id", &self.id).field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

/// The notifications of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotificationQueueStats {
    /// The number of notifications that can be leased now, or that wait for further findings.
    pub waiting: u64,
    pub leased: u64,
    /// The number of notifications that are leased no more, because too many leases ended without an acknowledgement.
    pub dead: u64,
    /// The time at which the oldest one that waits or is leased was queued.
    pub oldest: Option<UnixMillis>,
}

/// A notification that could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadNotification {
    pub id: NotificationId,
    pub tenant: String,
    pub user: String,
    pub attempts: u32,
    pub queued_at: UnixMillis,
}

impl NotificationDraft {
    /// Returns the user, in the form in which it is stored.
    #[must_use]
    pub const fn user(&self) -> &UserId {
        &self.owner.user
    }
}
