//! Events on their way to the audit, and its upkeep.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{domain::UnixMillis, store::Backlog};

use super::{Metrics, names};

#[derive(Clone, Debug, Default)]
pub(super) struct RelayMetrics {
    pending: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    appended: Counter,
    dead_letters: Counter,
    failing: Gauge,
    last_maintenance: Gauge<f64, AtomicU64>,
    clock_ahead: Gauge<f64, AtomicU64>,
}

impl RelayMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self {
            pending: waiting,
            oldest,
            appended,
            dead_letters: set_aside,
            failing,
            last_maintenance: kept,
            clock_ahead,
        } = metrics.clone();
        registry.register(names::OUTBOX_EVENTS, "Events that wait for the audit", waiting);
        registry.register(names::OUTBOX_AGE, "How long the oldest of them has waited", oldest);
        registry.register(names::RELAY_EVENTS, "Events put into the audit", appended);
        registry.register(names::AUDIT_DEAD_LETTERS, "Entries that the audit could not take: look at them", set_aside);
        registry.register(
            names::RELAY_FAILING,
            "1 while the audit takes nothing, or a part of the outbox cannot be read",
            failing,
        );
        registry.register(
            names::AUDIT_MAINTENANCE,
            "When this node last did the upkeep of the audit; 0: not yet",
            kept,
        );
        registry.register(
            names::AUDIT_CLOCK_AHEAD,
            "How far the clock is ahead of the times stored in the audit, while that stops its upkeep; else 0",
            clock_ahead,
        );
        metrics
    }
}

impl Metrics {
    /// What waits in the outbox.
    pub fn record_outbox(&self, backlog: Backlog, now: UnixMillis) {
        self.relay.pending.set(i64::try_from(backlog.events).unwrap_or(i64::MAX));
        let waited = backlog.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
        self.relay.oldest.set(waited.as_secs_f64());
    }

    /// What the relay has done since this node started, and whether it fails now.
    pub fn record_relay(&self, appended: u64, set_aside: u64, is_failing: bool) {
        self.relay.appended.inner().store(appended, Ordering::Relaxed);
        self.relay.dead_letters.inner().store(set_aside, Ordering::Relaxed);
        self.relay.failing.set(i64::from(is_failing));
    }

    /// When the upkeep of the audit was done last, and how far the clock is ahead while that stops it.
    pub fn record_audit_maintenance(&self, done: Option<UnixMillis>, clock_ahead: Duration) {
        let since_epoch = done.unwrap_or_default().since(UnixMillis::default());
        self.relay.last_maintenance.set(since_epoch.as_secs_f64());
        self.relay.clock_ahead.set(clock_ahead.as_secs_f64());
    }
}
