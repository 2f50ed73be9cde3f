//! Metrics of findings, the alert stream and its subscribers.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    alerts::{AlertObserver, ArchiverStatus, FeedStatus, ForwarderStatus, GapReason, SubscriptionEndReason},
    domain::UnixMillis,
};

use super::{MetricFamily, Metrics, label::metric_label_for, names};

metric_label_for!(GapReason, "reason");

metric_label_for!(SubscriptionEndReason, "reason");

#[derive(Clone, Debug, Default)]
pub(super) struct AlertMetrics {
    subscribers: Gauge,
    delivered: Counter,
    gaps: MetricFamily<GapReason, Counter>,
    ended: MetricFamily<SubscriptionEndReason, Counter>,
    forwarded: Counter,
    unreadable: Counter,
    pending: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    listening: Gauge,
    feed_lag: Gauge<f64, AtomicU64>,
    archive_lag: Gauge<f64, AtomicU64>,
    archive_losses: Counter,
}

impl AlertMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let all = metrics.clone();
        registry.register(names::ALERT_SUBSCRIBERS, "Open alert streams", all.subscribers);
        registry.register(names::ALERTS_DELIVERED, "Alerts delivered to subscribers", all.delivered);
        registry.register(names::ALERT_GAPS, "Gaps reported to subscribers", all.gaps);
        registry.register(names::ALERT_STREAMS_ENDED, "Alert streams that ended", all.ended);
        registry.register(names::ALERTS_FORWARDED, "Alerts that this node forwarded to the stream", all.forwarded);
        registry.register(names::FINDINGS_UNREADABLE, "Findings that could not be read", all.unreadable);
        registry.register(names::FINDINGS_PENDING, "Findings that are not in the stream yet", all.pending);
        registry.register(names::FINDINGS_AGE, "Age of the oldest pending finding in seconds", all.oldest);
        registry.register(
            names::ALERT_FEED_LISTENING,
            "1 while push notifications of alerts are received",
            all.listening,
        );
        registry.register(names::ALERT_FEED_LAG, "Seconds since the stream was last read to its end", all.feed_lag);
        registry.register(names::ALERT_ARCHIVE_LAG, "Seconds since the archive last had every alert", all.archive_lag);
        registry.register(
            names::ALERT_ARCHIVE_LOSSES,
            "Losses of alerts that were not archived yet",
            all.archive_losses,
        );
        metrics
    }
}

impl Metrics {
    /// Records the state of the forwarder: forwarded, unreadable and pending findings.
    pub fn record_forwarder(&self, status: &ForwarderStatus, now: UnixMillis) {
        let metrics = &self.alerts;
        metrics.forwarded.inner().store(status.forwarded, Ordering::Relaxed);
        metrics.unreadable.inner().store(status.unreadable, Ordering::Relaxed);
        metrics.pending.set(i64::try_from(status.pending).unwrap_or(i64::MAX));
        let waited = status.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
        metrics.oldest.set(waited.as_secs_f64());
    }

    /// Records the state of the feed of this node.
    pub fn record_alert_feed(&self, status: &FeedStatus, now: UnixMillis) {
        self.alerts.listening.set(i64::from(status.is_listening));
        let behind = status.caught_up_at.map_or(Duration::ZERO, |at| now.since(at));
        self.alerts.feed_lag.set(behind.as_secs_f64());
    }

    /// Records the state of the archiver of this node.
    pub fn record_alert_archive(&self, status: &ArchiverStatus, now: UnixMillis) {
        self.alerts.archive_lag.set(status.lag(now).as_secs_f64());
        self.alerts.archive_losses.inner().store(status.losses, Ordering::Relaxed);
    }
}

impl AlertObserver for Metrics {
    fn subscribed(&self) {
        self.alerts.subscribers.inc();
    }

    fn delivered(&self) {
        self.alerts.delivered.inc();
    }

    fn gap_reported(&self, reason: GapReason) {
        self.alerts.gaps.get(reason).inc();
    }

    fn ended(&self, ending: SubscriptionEndReason) {
        self.alerts.subscribers.dec();
        self.alerts.ended.get(ending).inc();
    }
}
