//! The work of consumers on the queue of notifications.

use std::{
    cmp::Reverse,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use data_encoding::BASE64URL_NOPAD;

use super::{alert_links::AlertLinkIssuer, audit_condition::AuditCondition, clock_monitor::ClockMonitor};
use crate::{
    audit::{HeldNotifications, LeaseRequest, NotificationQueue, QueueScope},
    clock::Clock,
    domain::{
        Alert, CallError, UnixMillis,
        notification::{DeadNotification, LeasedNotification, NotificationId, NotificationQueueStats},
        search::TenantFilter,
    },
    entropy::{Entropy, random_bytes},
    notifications::{AnswerLinks, NotificationSettings, UserMessage, compose},
    store::record::decode_alert,
};

/// The number of dead notifications that are listed.
const LISTED_DEAD: u32 = 100;
/// The number of dead notifications that one call puts back into the queue.
const REQUEUE_BATCH: u32 = 1_000;
/// The number of expired notifications that one step removes.
const REMOVAL_BATCH: u32 = 1_000;

/// A notification as its consumer gets it.
#[derive(Clone)]
pub struct UserNotification {
    pub id: NotificationId,
    pub tenant: String,
    pub user: String,
    /// Empty if no address is known.
    pub email: String,
    /// The language that was stated at the sign-in; may be empty.
    pub locale: String,
    pub message: UserMessage,
    /// The findings, the most severe one first, in the order of the texts of the message.
    pub alerts: Vec<Alert>,
    pub links: Option<AnswerLinks>,
    pub attempts: u32,
    pub expires_at: UnixMillis,
}

/// Notifications under one lease.
#[derive(Clone)]
pub struct NotificationLease {
    pub id: String,
    pub until: UnixMillis,
    pub notifications: Vec<UserNotification>,
}

/// The operations of consumers that this node has carried out since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerCounts {
    pub leased: u64,
    pub acknowledged: u64,
    /// Notifications that an acknowledgement named and its lease did not hold.
    pub refused: u64,
    /// Dead notifications that were put back into the queue.
    pub requeued: u64,
    pub expired: u64,
}

#[derive(Debug, Default)]
struct AtomicCounts {
    leased: AtomicU64,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    requeued: AtomicU64,
    expired: AtomicU64,
}

/// Hands out notifications to the consumers that deliver them.
pub struct NotificationDispatcher {
    queue: Arc<dyn NotificationQueue>,
    audit_condition: Arc<AuditCondition>,
    clock: Arc<dyn Clock>,
    clock_monitor: Arc<ClockMonitor>,
    entropy: Arc<dyn Entropy>,
    settings: NotificationSettings,
    links: AlertLinkIssuer,
    /// The largest difference between the clocks of two nodes. A node waits for it before it leases a notification
    /// again, so that two leases never overlap.
    clock_margin: Duration,
    counts: AtomicCounts,
}

/// The parts of a [`NotificationDispatcher`].
pub struct NotificationDispatcherParts {
    pub queue: Arc<dyn NotificationQueue>,
    pub audit_condition: Arc<AuditCondition>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub entropy: Arc<dyn Entropy>,
    pub settings: NotificationSettings,
    pub links: AlertLinkIssuer,
    /// The largest difference between the clock of a node and that of the session store.
    pub max_clock_skew: Duration,
}

impl NotificationDispatcher {
    #[must_use]
    pub fn new(parts: NotificationDispatcherParts) -> Self {
        let NotificationDispatcherParts {
            queue,
            audit_condition,
            clock,
            clock_monitor,
            entropy,
            settings,
            links,
            max_clock_skew,
        } = parts;
        let (clock_margin, counts) = (max_clock_skew * 2, AtomicCounts::default());
        Self { queue, audit_condition, clock, clock_monitor, entropy, settings, links, clock_margin, counts }
    }

    /// Leases notifications of these tenants, those that have waited longest first.
    pub async fn lease(
        &self,
        tenants: TenantFilter,
        limit: u32,
        timeout: Duration,
    ) -> Result<NotificationLease, CallError> {
        let now = self.enabled_now()?;
        let until = now.plus(timeout);
        let id = BASE64URL_NOPAD.encode(&random_bytes::<16>(self.entropy.as_ref())?);
        let scope = self.scope(tenants, now);
        let request = LeaseRequest { lease: id.clone(), scope, limit, until: until.plus(self.clock_margin) };
        let leased = self.queue.lease(&request).await?;
        self.counts.leased.fetch_add(leased.len() as u64, Ordering::Relaxed);
        let notifications = leased.into_iter().filter_map(|leased| self.render(leased, now)).collect();
        Ok(NotificationLease { id, until, notifications })
    }

    /// Acknowledges notifications. Returns those that are acknowledged; the lease does not hold the others.
    pub async fn acknowledge(&self, lease: String, ids: Vec<NotificationId>) -> Result<Vec<NotificationId>, CallError> {
        let (now, named) = (self.enabled_now()?, ids.len() as u64);
        let acknowledged = self.queue.acknowledge(&HeldNotifications { lease, ids, now }).await?;
        let count = acknowledged.len() as u64;
        self.counts.acknowledged.fetch_add(count, Ordering::Relaxed);
        self.counts.refused.fetch_add(named.saturating_sub(count), Ordering::Relaxed);
        Ok(acknowledged)
    }

    /// Changes the end of the lease of notifications to `timeout` from now, which is returned with those that the lease
    /// holds. With no timeout they can be leased again at once.
    pub async fn extend(
        &self,
        lease: String,
        ids: Vec<NotificationId>,
        timeout: Duration,
    ) -> Result<(Vec<NotificationId>, UnixMillis), CallError> {
        let now = self.enabled_now()?;
        let until = now.plus(timeout);
        let available_at = if timeout.is_zero() { now } else { until.plus(self.clock_margin) };
        let extended = self.queue.extend(&HeldNotifications { lease, ids, now }, available_at).await?;
        Ok((extended, until))
    }

    /// Returns the counts of the queue, and the latest dead notifications.
    pub async fn stats(
        &self,
        tenants: TenantFilter,
    ) -> Result<(NotificationQueueStats, Vec<DeadNotification>), CallError> {
        let scope = self.scope(tenants, self.enabled_now()?);
        let stats = self.queue.count(&scope).await?;
        let dead = if stats.dead == 0 { Vec::new() } else { self.queue.dead(&scope, LISTED_DEAD).await? };
        Ok((stats, dead))
    }

    /// Puts dead notifications back into the queue: those with these IDs, or all. Returns their number, and the number of
    /// those that are still dead.
    pub async fn requeue(
        &self,
        tenants: TenantFilter,
        ids: Option<&[NotificationId]>,
    ) -> Result<(u64, u64), CallError> {
        let scope = self.scope(tenants, self.enabled_now()?);
        let requeued = self.queue.requeue(&scope, ids, REQUEUE_BATCH).await?;
        self.counts.requeued.fetch_add(requeued, Ordering::Relaxed);
        Ok((requeued, self.queue.count(&scope).await?.dead))
    }

    /// Removes notifications that are expired, also those from before notifications were disabled. Returns the counts of
    /// the queue, and the time.
    pub async fn run_maintenance(&self) -> Result<(NotificationQueueStats, UnixMillis), CallError> {
        let now = self.verified_now()?;
        let expired = self.queue.remove_expired(now, REMOVAL_BATCH).await?;
        self.counts.expired.fetch_add(expired, Ordering::Relaxed);
        Ok((self.queue.count(&self.scope(None, now)).await?, now))
    }

    #[must_use]
    pub fn counts(&self) -> ConsumerCounts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ConsumerCounts {
            leased: count(&self.counts.leased),
            acknowledged: count(&self.counts.acknowledged),
            refused: count(&self.counts.refused),
            requeued: count(&self.counts.requeued),
            expired: count(&self.counts.expired),
        }
    }

    /// Returns the time, if notifications are enabled and both the clock and the audit database can be relied on.
    fn enabled_now(&self) -> Result<UnixMillis, CallError> {
        if self.settings.enabled { self.verified_now() } else { Err(CallError::NotificationsDisabled) }
    }

    fn verified_now(&self) -> Result<UnixMillis, CallError> {
        self.audit_condition.verify_writable()?;
        self.clock_monitor.verify(self.clock.instant())?;
        Ok(self.clock.now())
    }

    fn scope(&self, tenants: TenantFilter, now: UnixMillis) -> QueueScope {
        QueueScope { tenants, now, max_attempts: self.settings.max_attempts }
    }

    /// Returns the notification with its message. `None` if no finding can be decoded, which is logged; the notification
    /// is dead after some leases then.
    fn render(&self, leased: LeasedNotification, now: UnixMillis) -> Option<UserNotification> {
        let LeasedNotification { id, tenant, user, attempts, expires_at, findings } = leased;
        let decode = |record: &Vec<u8>| {
            let decoded = decode_alert(record);
            decoded.inspect_err(|error| tracing::error!(%error, notification = %id, "failed to decode a finding")).ok()
        };
        let mut alerts: Vec<_> = findings.iter().filter_map(decode).collect();
        alerts.sort_by(|a, b| (Reverse(a.severity), &a.rule).cmp(&(Reverse(b.severity), &b.rule)));
        let first = alerts.first()?;
        let links = self.links.issue(first, now);
        let (contact, email) = (first.contact.clone(), first.email.0.clone());
        let message = compose(&alerts, &contact.locale, links.as_ref());
        let email = if contact.email.is_empty() { email } else { contact.email };
        let locale = contact.locale;
        Some(UserNotification { id, tenant, user, email, locale, message, alerts, links, attempts, expires_at })
    }
}
