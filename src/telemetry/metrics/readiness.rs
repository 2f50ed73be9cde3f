//! Readiness by check, and when certificates expire.

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

use crate::{domain::UnixMillis, transport::http::CheckState};

use super::{MetricFamily, MetricLabel, Metrics, label::label, names};

label! {
    /// One of the things that a node depends on.
    ReadinessCheck by "check" {
        /// The node itself takes calls.
        Server = "server",
        /// The store answers.
        Store = "store",
        /// The store takes changes.
        StoreWrites = "store_writes",
        /// Settings of the store's servers that matter to it.
        StoreSettings = "store_settings",
        /// The clock agrees with the store's.
        Clock = "clock",
        Cache = "cache",
        Audit = "audit",
        /// The file of API keys can be used.
        Callers = "callers",
        Certificates = "certificates",
        /// The GeoIP databases.
        GeoIp = "places",
        Alerts = "alerts",
    }
}

label! {
    /// A configured file of certificates.
    CertificateFile by "file" {
        /// `tls.certificate_file`.
        Server = "server",
        /// `store.ca_file`.
        StoreAuthorities = "store_ca",
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
        registry.register(names::READINESS_CHECKS, "1 for the state that a readiness check is in", checks);
        let about = "When the certificates of a configured file expire, in seconds since 1970; 0 without one";
        registry.register(names::CERTIFICATE_EXPIRY, about, certificates);
        metrics
    }
}

impl Metrics {
    /// Sets the state that a readiness check is in.
    pub(crate) fn record_readiness_check(&self, check: ReadinessCheck, state: CheckState) {
        for other in CheckState::ALL {
            self.readiness.checks.get(ReadinessLabels(check, other)).set(i64::from(other == state));
        }
    }

    /// Sets when the certificates of a file expire.
    pub(crate) fn record_certificate_expiry(&self, file: CertificateFile, expiry: UnixMillis) {
        self.readiness.certificates.get(file).set(i64::try_from(expiry.get() / 1_000).unwrap_or(i64::MAX));
    }
}
