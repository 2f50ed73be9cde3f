//! The TLS of the listeners of a node.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::{Config, TlsConfig},
    telemetry::Metrics,
    tls::{ListenerKind, ServerTls, TlsAcceptor, TlsFileError, TlsReloadOutcome},
    transport::connections::ListenerTls,
};

/// The TLS files of a node, which are reloaded when they change.
pub(super) struct ReloadingTls {
    tls: Arc<ServerTls>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl ReloadingTls {
    /// Returns the TLS of the listeners, or `None` if they have none.
    pub(super) fn open(
        config: &Config,
        clock: &Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
    ) -> Result<Option<Arc<Self>>, TlsFileError> {
        let new = |tls| Self::new(tls, Arc::clone(clock), Arc::clone(metrics)).map(Arc::new);
        config.tls.as_ref().map(new).transpose()
    }

    fn new(config: &TlsConfig, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Result<Self, TlsFileError> {
        let TlsConfig { files, credentials, trust_domain, client_certificates, handshake_timeout, .. } = config;
        let tls =
            ServerTls::new(files.clone(), credentials, trust_domain.clone(), *client_certificates, *handshake_timeout)?;
        Ok(Self { tls: Arc::new(tls), clock, metrics })
    }

    pub(super) fn files(&self) -> Arc<ServerTls> {
        Arc::clone(&self.tls)
    }

    /// Returns the TLS of a listener.
    pub(super) fn listener(&self, listener: ListenerKind) -> ListenerTls {
        ListenerTls {
            acceptor: TlsAcceptor::new(Arc::clone(&self.tls), listener),
            observer: Arc::clone(&self.metrics) as _,
        }
    }

    /// Reloads the files if they have changed.
    pub(super) async fn reload_if_changed(self: Arc<Self>) {
        let blocking = tokio::task::spawn_blocking(move || self.reload_files());
        if let Err(error) = blocking.await {
            tracing::error!(%error, "failed to reload the TLS files; retrying");
        }
    }

    fn reload_files(&self) {
        let outcome = self.tls.reload_if_changed(self.clock.now());
        self.metrics.tls_reloaded(&outcome);
        match outcome {
            TlsReloadOutcome::Unchanged => {}
            TlsReloadOutcome::Replaced => {
                let status = self.tls.status();
                let until = status.certificate.iter().map(|validity| validity.not_after).min().unwrap_or_default();
                tracing::info!(%until, "the TLS files have changed; new connections use them");
            }
            TlsReloadOutcome::Rejected(error) => {
                tracing::error!(%error, "failed to reload the TLS files; the previous ones stay in effect");
            }
        }
    }
}
