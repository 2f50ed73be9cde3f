//! States of readiness checks, and expiry of certificates.

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

use crate::{domain::UnixMillis, transport::http::CheckState};

use super::{MetricFamily, MetricLabel, Metrics, label::metric_label, names};

metric_label! {
    /// A readiness check.
    ReadinessCheck by "check" {
        /// The node accepts calls.
        Server = "server",
        /// The store is reachable.
        Store = "store",
        /// The store accepts writes.
        StoreWrites = "store_writes",
        /// The settings of the store's servers are safe.
        StoreSettings = "store_settings",
        /// This node's clock agrees with the store's.
        Clock = "clock",
        Cache = "cache",
        Audit = "audit",
        /// The callers file is usable.
        Callers = "callers",
        Certificates = "certificates",
        /// The GeoIP databases are usable.
        GeoIp = "geoip",
        Alerts = "alerts",
    }
}

metric_label! {
    /// A configured certificate file.
    CertificateFile by "file" {
        /// `tls.certificate_file`.
        Server = "server",
        /// `tls.client_ca_file`.
        ClientAuthorities = "client_ca",
        /// `store.ca_file`.
        StoreAuthorities = "store_ca",
        /// `store.client_certificate_file`.
        StoreClient = "store_client",
    }
}

#[derive(Clone, Copy)]
pub(super) struct ReadinessLabels(ReadinessCheck, CheckState);

impl MetricLabel for ReadinessLabels {
    type Labels = [(&'static str, &'static str); 2];

    fn all() -> impl Iterator<Item = Self> {
        ReadinessCheck::all().flat_map(|check| CheckState::ALL.into_iter().map(move |state| Self(check, state)))
    }

    fn index(self) -> usize {
        self.0.index() * CheckState::ALL.len() + self.1 as usize
    }

    fn labels(self) -> Self::Labels {
        [("check", self.0.name()), ("state", self.1.name())]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct ReadinessMetrics {
    checks: MetricFamily<ReadinessLabels, Gauge>,
    certificates: MetricFamily<CertificateFile, Gauge>,
}

impl ReadinessMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { checks, certificates } = metrics.clone();
        registry.register(names::READINESS_CHECKS, "1 for the current state of a readiness check", checks);
        let about = "Expiry time of the certificates of a configured file, in seconds since 1970; 0 without one";
        registry.register(names::CERTIFICATE_EXPIRY, about, certificates);
        metrics
    }
}

impl Metrics {
    /// Records the state of a readiness check.
    pub(crate) fn record_readiness_check(&self, check: ReadinessCheck, state: CheckState) {
        for other in CheckState::ALL {
            self.readiness.checks.get(ReadinessLabels(check, other)).set(i64::from(other == state));
        }
    }

    /// Records the time at which the certificates of a file expire.
    pub(crate) fn record_certificate_expiry(&self, file: CertificateFile, expiry: UnixMillis) {
        self.readiness.certificates.get(file).set(i64::try_from(expiry.get() / 1_000).unwrap_or(i64::MAX));
    }
}
