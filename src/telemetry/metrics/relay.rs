//! Relay of events to the audit database, and its maintenance.

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
        let all = metrics.clone();
        registry.register(names::OUTBOX_EVENTS, "Outbox events not yet delivered to the audit database", all.pending);
        registry.register(names::OUTBOX_AGE, "Age of the oldest outbox event in seconds", all.oldest);
        registry.register(names::RELAY_EVENTS, "Events delivered to the audit database", all.appended);
        registry.register(names::AUDIT_DEAD_LETTERS, "Events moved to the dead-letter table", all.dead_letters);
        registry.register(
            names::RELAY_FAILING,
            "1 while the audit database accepts no events, or part of the outbox cannot be read",
            all.failing,
        );
        registry.register(
            names::AUDIT_MAINTENANCE,
            "Time of the last audit maintenance, in seconds since 1970; 0 if never",
            all.last_maintenance,
        );
        registry.register(
            names::AUDIT_CLOCK_AHEAD,
            "Seconds that the clock is ahead of the stored events, while that stops audit maintenance; else 0",
            all.clock_ahead,
        );
        metrics
    }
}

impl Metrics {
    /// Records the backlog of the outbox.
    pub fn record_outbox(&self, backlog: Backlog, now: UnixMillis) {
        self.relay.pending.set(i64::try_from(backlog.events).unwrap_or(i64::MAX));
        let waited = backlog.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
        self.relay.oldest.set(waited.as_secs_f64());
    }

    /// Records the events delivered and the dead letters since this node started, and whether the relay is failing now.
    pub fn record_relay(&self, appended: u64, dead_letters: u64, is_failing: bool) {
        self.relay.appended.inner().store(appended, Ordering::Relaxed);
        self.relay.dead_letters.inner().store(dead_letters, Ordering::Relaxed);
        self.relay.failing.set(i64::from(is_failing));
    }

    /// Records the time of the last audit maintenance, and how far the clock is ahead while that stops maintenance.
    pub fn record_audit_maintenance(&self, done: Option<UnixMillis>, clock_ahead: Duration) {
        let since_epoch = done.unwrap_or_default().since(UnixMillis::default());
        self.relay.last_maintenance.set(since_epoch.as_secs_f64());
        self.relay.clock_ahead.set(clock_ahead.as_secs_f64());
    }
}
