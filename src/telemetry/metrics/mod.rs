//! Metrics in the text format of [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/),
//! with one file per concern.
//!
//! Labels are closed sets, so the number of series is known. Each series has its instrument from the start: counting is
//! an atomic addition, and an event that never happened reads as zero.

mod admission;
mod alerts;
mod background;
mod callers;
mod calls;
mod detection;
mod gateway;
mod geo;
mod label;
mod latency;
mod names;
mod near_cache;
mod notifications;
mod process;
mod readiness;
mod relay;
mod store;
mod use_cases;
mod webhooks;

pub(crate) use geo::{DatabaseState, GeoLookupOutcome};
pub(crate) use label::MetricLabel;
pub use near_cache::DenylistCacheMetrics;
pub(super) use near_cache::{NearCacheMetrics, TrackingChange};
pub(crate) use readiness::{CertificateFile, ReadinessCheck};
pub(super) use store::{StoreMetrics, StoreOperation};

use std::sync::Arc;

use prometheus_client::{encoding::text, registry::Registry};

use crate::domain::UnixMillis;

use self::{
    admission::AdmissionMetrics, alerts::AlertMetrics, background::BackgroundMetrics, callers::CallerMetrics,
    calls::CallMetrics, detection::DetectionMetrics, gateway::GatewayMetrics, geo::GeoMetrics, label::MetricFamily,
    latency::LatencyHistogram, notifications::NotificationMetrics, process::ProcessMetrics,
    readiness::ReadinessMetrics, relay::RelayMetrics, use_cases::UseCaseMetrics, webhooks::WebhookMetrics,
};

/// The instruments of this process. Clones share them.
///
/// It receives events as a [`crate::authority::observer::AuthorityObserver`], as a
/// [`crate::transport::grpc::call::CallObserver`], as a [`crate::transport::DecisionObserver`], as a [`crate::alerts::AlertObserver`], as a
/// [`crate::near_cache::CacheObserver`], and from [`super::MeteredStore`] and [`super::MeteredListener`]. The other
/// components call its own methods.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    calls: CallMetrics,
    admission: AdmissionMetrics,
    callers: CallerMetrics,
    gateway: GatewayMetrics,
    use_cases: UseCaseMetrics,
    detection: DetectionMetrics,
    pub(super) store: StoreMetrics,
    relay: RelayMetrics,
    background: BackgroundMetrics,
    readiness: ReadinessMetrics,
    geo: GeoMetrics,
    alerts: AlertMetrics,
    notifications: NotificationMetrics,
    webhooks: WebhookMetrics,
    pub(super) near_cache: NearCacheMetrics,
    process: ProcessMetrics,
}

impl Metrics {
    /// Creates all instruments at zero. `started` is exported as the start time of the process.
    #[must_use]
    pub fn new(started: UnixMillis) -> Self {
        let mut registry = Registry::default();
        let process = ProcessMetrics::register(&mut registry, started);
        let ours = registry.sub_registry_with_prefix(names::PREFIX);
        let calls = CallMetrics::register(ours);
        let admission = AdmissionMetrics::register(ours);
        let callers = CallerMetrics::register(ours);
        let gateway = GatewayMetrics::register(ours);
        let use_cases = UseCaseMetrics::register(ours);
        let detection = DetectionMetrics::register(ours);
        let store = StoreMetrics::register(ours);
        let relay = RelayMetrics::register(ours);
        let background = BackgroundMetrics::register(ours);
        let readiness = ReadinessMetrics::register(ours);
        let geo = GeoMetrics::register(ours);
        let alerts = AlertMetrics::register(ours);
        let notifications = NotificationMetrics::register(ours);
        let webhooks = WebhookMetrics::register(ours);
        let near_cache = NearCacheMetrics::register(ours);
        Self {
            registry: Arc::new(registry),
            calls,
            admission,
            callers,
            gateway,
            use_cases,
            detection,
            store,
            relay,
            background,
            readiness,
            geo,
            alerts,
            notifications,
            webhooks,
            near_cache,
            process,
        }
    }

    /// Returns the current values of all metrics as `application/openmetrics-text; version=1.0.0; charset=utf-8`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut exposition = String::new();
        // Writing to a String does not fail. If it did, the end marker would be missing, so a scraper would notice.
        let _ = text::encode(&mut exposition, &self.registry);
        exposition
    }
}

#[cfg(test)]
mod tests;
