//! The events of deliveries, for metrics.

use std::time::Duration;

use super::batch::DeliveryOutcome;
use crate::{audit::WebhookProgress, domain::webhook::WebhookName};

/// Receives the outcome of every attempt and the progress of the endpoints to which this node delivers.
pub trait WebhookObserver: Send + Sync {
    fn attempted(&self, endpoint: &WebhookName, outcome: DeliveryOutcome);

    /// Called about once a second while this node delivers to the endpoint. `lag` is the time since everything recorded
    /// was delivered or queued.
    fn progressed(&self, progress: &WebhookProgress, lag: Duration);

    /// Called when this node stops delivering to the endpoint.
    fn stopped(&self, endpoint: &WebhookName);
}
