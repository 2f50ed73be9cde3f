//! Authentication failures, TLS handshakes, and reloads of the callers file and of the TLS files.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    callers::{AuthError, CallersReloadOutcome},
    domain::CertificateRefusal,
    tls::{HandshakeFailure, TlsReloadOutcome},
    transport::connections::HandshakeObserver,
};

use super::{
    MetricFamily, MetricLabel, Metrics,
    label::{LabelPair, metric_label},
    names,
};

metric_label! {
    /// The reason of a failed authentication.
    AuthFailureLabel by "reason" {
        Missing = "missing",
        Malformed = "malformed",
        Unknown = "unknown",
        Expired = "expired",
        Revoked = "revoked",
        /// The client certificate identifies no workload of the trust domain.
        Certificate = "certificate",
        /// The client certificate has expired.
        CertificateExpired = "certificate_expired",
        /// The authority of the client certificate was removed.
        CertificateUntrusted = "certificate_untrusted",
        /// The API key and the client certificate belong to different callers.
        CallerMismatch = "caller_mismatch",
    }
}

impl From<AuthError> for AuthFailureLabel {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::Missing,
            AuthError::Malformed => Self::Malformed,
            AuthError::Unknown | AuthError::UnknownSpiffeId => Self::Unknown,
            AuthError::Expired | AuthError::ExpiredSpiffeId => Self::Expired,
            AuthError::Revoked | AuthError::RevokedSpiffeId => Self::Revoked,
            AuthError::Certificate(CertificateRefusal::Expired) => Self::CertificateExpired,
            AuthError::Certificate(CertificateRefusal::Untrusted) => Self::CertificateUntrusted,
            AuthError::Certificate(_) => Self::Certificate,
            AuthError::CallerMismatch => Self::CallerMismatch,
        }
    }
}

metric_label! {
    /// The outcome of a reload of the callers file.
    CallersReloadLabel by "outcome" {
        Replaced = "replaced",
        /// The file is invalid; its previous credentials stay valid.
        Rejected = "rejected",
        /// The file was deleted, or invalid for too long; its credentials are disabled.
        Disabled = "disabled",
    }
}

metric_label! {
    /// The outcome of a reload of the TLS files.
    TlsReloadLabel by "outcome" {
        Replaced = "replaced",
        /// The files cannot be used; the previous ones stay in effect.
        Rejected = "rejected",
    }
}

impl MetricLabel for HandshakeFailure {
    type Labels = LabelPair;

    fn all() -> impl Iterator<Item = Self> {
        [Self::TimedOut, Self::ClientCertificate, Self::Other].into_iter()
    }

    fn index(self) -> usize {
        self as usize
    }

    fn labels(self) -> Self::Labels {
        let name = match self {
            Self::TimedOut => "timeout",
            Self::ClientCertificate => "client_certificate",
            Self::Other => "other",
        };
        [("reason", name)]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct CallerMetrics {
    failures: MetricFamily<AuthFailureLabel, Counter>,
    reloads: MetricFamily<CallersReloadLabel, Counter>,
    usable: Gauge,
    handshake_failures: MetricFamily<HandshakeFailure, Counter>,
    tls_reloads: MetricFamily<TlsReloadLabel, Counter>,
    tls_usable: Gauge,
}

impl CallerMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { failures, reloads, usable, handshake_failures, tls_reloads, tls_usable } = metrics.clone();
        registry.register(names::AUTH_FAILURES, "Failed caller authentications", failures);
        registry.register(names::CALLER_RELOADS, "Reloads of the callers file", reloads);
        registry.register(names::CALLER_FILE_USABLE, "1 while the callers file is in effect", usable);
        registry.register(names::HANDSHAKE_FAILURES, "Failed TLS handshakes", handshake_failures);
        registry.register(
            names::TLS_RELOADS,
            "Reloads of the TLS files of the listeners and of the store, and of the files of webhooks",
            tls_reloads,
        );
        registry.register(
            names::TLS_FILES_USABLE,
            "1 while the TLS files of the listeners and of the store, if there are any, are in effect",
            tls_usable,
        );
        metrics
    }
}

impl Metrics {
    /// Counts a failed authentication.
    pub fn auth_failed(&self, error: AuthError) {
        self.callers.failures.get(error.into()).inc();
    }

    /// Counts a reload of the callers file. A check that found no change is not counted.
    pub fn callers_reloaded(&self, outcome: &CallersReloadOutcome) {
        match outcome {
            CallersReloadOutcome::Unchanged => {}
            CallersReloadOutcome::Replaced { .. } => _ = self.callers.reloads.get(CallersReloadLabel::Replaced).inc(),
            CallersReloadOutcome::Rejected(_) => _ = self.callers.reloads.get(CallersReloadLabel::Rejected).inc(),
            CallersReloadOutcome::Disabled => self.caller_keys_disabled(),
        }
    }

    /// Counts that the credentials of the callers file were disabled.
    pub fn caller_keys_disabled(&self) {
        self.callers.reloads.get(CallersReloadLabel::Disabled).inc();
    }

    /// Records whether the callers file is in effect.
    pub fn caller_file_usable(&self, is_usable: bool) {
        self.callers.usable.set(i64::from(is_usable));
    }

    /// Counts a reload of the TLS files. A check that found no change is not counted.
    pub(crate) fn tls_reloaded(&self, outcome: &TlsReloadOutcome) {
        match outcome {
            TlsReloadOutcome::Unchanged => {}
            TlsReloadOutcome::Replaced => _ = self.callers.tls_reloads.get(TlsReloadLabel::Replaced).inc(),
            TlsReloadOutcome::Rejected(_) => _ = self.callers.tls_reloads.get(TlsReloadLabel::Rejected).inc(),
        }
    }

    /// Records whether the content of the TLS files is in effect.
    pub(crate) fn tls_files_usable(&self, is_usable: bool) {
        self.callers.tls_usable.set(i64::from(is_usable));
    }
}

impl HandshakeObserver for Metrics {
    fn handshake_failed(&self, failure: HandshakeFailure) {
        self.callers.handshake_failures.get(failure).inc();
    }
}
