//! Metrics of the notifications to users.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    authority::ConsumerCounts,
    domain::{UnixMillis, notification::NotificationQueueStats},
    notifications::FeederCounts,
};

use super::{Metrics, names};

/// The counters are of this node, the gauges of the whole queue.
#[derive(Clone, Debug, Default)]
pub(super) struct NotificationMetrics {
    queued: Counter,
    dropped: Counter,
    leased: Counter,
    acknowledged: Counter,
    refused: Counter,
    requeued: Counter,
    expired: Counter,
    waiting: Gauge,
    under_lease: Gauge,
    dead: Gauge,
    oldest: Gauge<f64, AtomicU64>,
}

impl NotificationMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let all = metrics.clone();
        registry.register(names::NOTIFICATIONS_QUEUED, "Notifications that this node queued", all.queued);
        registry.register(
            names::NOTIFICATIONS_DROPPED,
            "Notifications for which the queue had no room, or that the database rejected",
            all.dropped,
        );
        registry.register(names::NOTIFICATIONS_LEASED, "Notifications that consumers leased", all.leased);
        registry.register(
            names::NOTIFICATIONS_ACKNOWLEDGED,
            "Notifications that consumers acknowledged",
            all.acknowledged,
        );
        registry.register(
            names::NOTIFICATIONS_REFUSED,
            "Acknowledgements of notifications that the lease did not hold",
            all.refused,
        );
        registry.register(
            names::NOTIFICATIONS_REQUEUED,
            "Dead notifications that were put back into the queue",
            all.requeued,
        );
        registry.register(
            names::NOTIFICATIONS_EXPIRED,
            "Notifications that were discarded before they were acknowledged",
            all.expired,
        );
        registry.register(names::NOTIFICATIONS_WAITING, "Notifications in the queue that wait", all.waiting);
        registry.register(
            names::NOTIFICATIONS_UNDER_LEASE,
            "Notifications in the queue under a lease",
            all.under_lease,
        );
        registry.register(names::NOTIFICATIONS_DEAD, "Notifications in the queue that are leased no more", all.dead);
        registry.register(
            names::NOTIFICATIONS_AGE,
            "Age of the oldest notification that waits or is leased, in seconds",
            all.oldest,
        );
        metrics
    }
}

impl Metrics {
    /// Records the state of the queue.
    pub fn record_notification_queue(&self, stats: &NotificationQueueStats, now: UnixMillis) {
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let metrics = &self.notifications;
        metrics.waiting.set(gauge(stats.waiting));
        metrics.under_lease.set(gauge(stats.leased));
        metrics.dead.set(gauge(stats.dead));
        metrics.oldest.set(stats.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64()));
    }

    /// Records the work of this node on the queue.
    pub fn record_notifications(&self, feeder: FeederCounts, consumers: ConsumerCounts) {
        let metrics = &self.notifications;
        let set = |counter: &Counter, count| counter.inner().store(count, Ordering::Relaxed);
        set(&metrics.queued, feeder.queued);
        set(&metrics.dropped, feeder.dropped);
        set(&metrics.leased, consumers.leased);
        set(&metrics.acknowledged, consumers.acknowledged);
        set(&metrics.refused, consumers.refused);
        set(&metrics.requeued, consumers.requeued);
        set(&metrics.expired, consumers.expired);
    }
}
