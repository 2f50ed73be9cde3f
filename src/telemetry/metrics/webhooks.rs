//! Deliveries of webhooks. The names of endpoints are labels: administrators choose them, and there are at most 50.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    audit::WebhookProgress,
    domain::webhook::WebhookName,
    webhooks::{DeliveryOutcome, WebhookObserver},
};

use super::{Metrics, names};

type EndpointLabel = [(&'static str, String); 1];
type AttemptLabels = [(&'static str, String); 2];

#[derive(Clone, Debug, Default)]
pub(super) struct WebhookMetrics {
    attempts: Family<AttemptLabels, Counter>,
    lag: Family<EndpointLabel, Gauge<f64, AtomicU64>>,
    pending: Family<EndpointLabel, Gauge>,
    dead_letters: Family<EndpointLabel, Gauge>,
    disabled: Family<EndpointLabel, Gauge>,
}

impl WebhookMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { attempts, lag, pending, dead_letters, disabled } = metrics.clone();
        registry.register(names::WEBHOOK_ATTEMPTS, "Attempts to deliver a message to a webhook", attempts);
        registry.register(
            names::WEBHOOK_LAG,
            "Seconds since everything recorded was delivered or queued, on the node that delivers to the webhook",
            lag,
        );
        registry.register(
            names::WEBHOOK_PENDING,
            "Messages that wait for another attempt, on the node that delivers to the webhook",
            pending,
        );
        registry.register(
            names::WEBHOOK_DEAD_LETTERS,
            "Messages that were given up, on the node that delivers to the webhook",
            dead_letters,
        );
        registry.register(
            names::WEBHOOK_DISABLED,
            "1 while the webhook is disabled, on the node that would deliver to it",
            disabled,
        );
        metrics
    }
}

fn label(endpoint: &WebhookName) -> EndpointLabel {
    [("webhook", endpoint.to_string())]
}

impl WebhookObserver for Metrics {
    fn attempted(&self, endpoint: &WebhookName, outcome: DeliveryOutcome) {
        let labels = [("webhook", endpoint.to_string()), ("outcome", outcome.name().to_owned())];
        self.webhooks.attempts.get_or_create(&labels).inc();
    }

    fn progressed(&self, progress: &WebhookProgress, lag: Duration) {
        let (label, count) = (label(&progress.name), |count: u64| i64::try_from(count).unwrap_or(i64::MAX));
        self.webhooks.lag.get_or_create(&label).set(lag.as_secs_f64());
        self.webhooks.pending.get_or_create(&label).set(count(progress.pending));
        self.webhooks.dead_letters.get_or_create(&label).set(count(progress.dead_letters));
        self.webhooks.disabled.get_or_create(&label).set(i64::from(progress.health.disabled.is_some()));
    }

    fn stopped(&self, endpoint: &WebhookName) {
        let label = label(endpoint);
        self.webhooks.lag.remove(&label);
        self.webhooks.pending.remove(&label);
        self.webhooks.dead_letters.remove(&label);
        self.webhooks.disabled.remove(&label);
    }
}
