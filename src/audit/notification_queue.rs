//! The queue of notifications to users.
//!
//! The queue is in the audit database, because that outlives the retention of the alert stream and can be queried, and
//! because the session store keeps its memory for sessions. While it is unavailable, alerts wait in the stream, which
//! keeps them until they are archived; no notification is lost.
//!
//! Which notifications are leased, dead or expired follows from their times and attempts, so no writer has to change
//! them when their time has come. An acknowledged one stays as a row without its user until it expires: an alert that
//! is read twice is then not queued again.

use async_trait::async_trait;

use super::AuditError;
use crate::domain::{
    UnixMillis,
    notification::{DeadNotification, LeasedNotification, NotificationDraft, NotificationId, NotificationQueueStats},
    search::TenantFilter,
};

/// The notifications in the audit database.
///
/// Each method keeps the guarantees of [`super::EventLog`], except that each lease is of other notifications. Without an
/// audit database [`AuditError::Disabled`] is returned.
#[async_trait]
pub trait NotificationQueue: Send + Sync {
    /// Queues notifications, and adds findings to those that are queued. Those of users that have been erased since are
    /// skipped, as are those that were acknowledged. Beyond `run.capacity` notifications, new ones are dropped.
    async fn enqueue(&self, drafts: &[NotificationDraft], run: EnqueueRun) -> Result<EnqueueReport, AuditError>;

    /// Leases the notifications that have waited longest.
    async fn lease(&self, request: &LeaseRequest) -> Result<Vec<LeasedNotification>, AuditError>;

    /// Acknowledges the notifications that the lease was the last to hold. Returns those that are acknowledged.
    async fn acknowledge(&self, held: &HeldNotifications) -> Result<Vec<NotificationId>, AuditError>;

    /// Changes the time at which the lease ends, for the notifications that it was the last to hold. Returns them.
    async fn extend(&self, held: &HeldNotifications, until: UnixMillis) -> Result<Vec<NotificationId>, AuditError>;

    /// Counts the notifications of some tenants.
    async fn count(&self, scope: &QueueScope) -> Result<NotificationQueueStats, AuditError>;

    /// Returns the dead notifications of some tenants, latest first, at most `limit`.
    async fn dead(&self, scope: &QueueScope, limit: u32) -> Result<Vec<DeadNotification>, AuditError>;

    /// Puts dead notifications of some tenants back into the queue: those with these IDs, or all, at most `limit`, those
    /// that were queued first. Returns their number.
    async fn requeue(&self, scope: &QueueScope, ids: Option<&[NotificationId]>, limit: u32) -> Result<u64, AuditError>;

    /// Removes expired notifications, at most `limit`. Returns the number of those that were not acknowledged.
    async fn remove_expired(&self, now: UnixMillis, limit: u32) -> Result<u64, AuditError>;
}

/// The conditions under which notifications are queued.
#[derive(Clone, Copy, Debug)]
pub struct EnqueueRun {
    pub now: UnixMillis,
    /// The time at which an incomplete notification can be leased, if no further finding arrives.
    pub available_at: UnixMillis,
    /// The maximum number of notifications that are not acknowledged.
    pub capacity: u32,
}

/// The result of queuing notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnqueueReport {
    pub queued: u64,
    /// The number of notifications for which the queue had no room.
    pub dropped: u64,
}

/// A lease that is requested.
#[derive(Clone, Debug)]
pub struct LeaseRequest {
    /// The ID of the new lease.
    pub lease: String,
    pub scope: QueueScope,
    pub limit: u32,
    /// The time from which others may lease the notifications.
    pub until: UnixMillis,
}

/// The part of the queue that an operation sees, at a time.
#[derive(Clone, Debug)]
pub struct QueueScope {
    pub tenants: TenantFilter,
    pub now: UnixMillis,
    /// The number of leases after which a notification is dead.
    pub max_attempts: u32,
}

/// Notifications that a lease may hold.
#[derive(Clone, Debug)]
pub struct HeldNotifications {
    pub lease: String,
    pub ids: Vec<NotificationId>,
    pub now: UnixMillis,
}
