//! The TLS of a node and the files of its webhooks, which are reloaded when they change.

use std::sync::Arc;

use crate::{
    certificates::CertificateValidity,
    clock::Clock,
    config::{Config, StoreConfig, TlsConfig},
    domain::UnixMillis,
    telemetry::Metrics,
    tls::{CredentialReplacer, ListenerKind, ServerTls, StoreTls, TlsAcceptor, TlsFileError, TlsReloadOutcome},
    transport::connections::ListenerTls,
    webhooks::WebhookFiles,
};

/// The TLS files of a node.
#[derive(Clone)]
pub(super) struct NodeTls {
    /// The TLS of the listeners, if they have one.
    pub(super) listeners: Option<Arc<ServerTls>>,
    /// The TLS of the connections to the store, if it has files.
    pub(super) store: Option<Arc<StoreTls>>,
    /// The files of webhooks.
    pub(super) webhooks: Option<WebhookFiles>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl NodeTls {
    /// Opens the TLS of the listeners.
    pub(super) fn open(config: &Config, clock: &Arc<dyn Clock>, metrics: &Arc<Metrics>) -> Result<Self, TlsFileError> {
        let listeners = config.tls.as_ref().map(open_listeners).transpose()?.map(Arc::new);
        Ok(Self { listeners, store: None, webhooks: None, clock: Arc::clone(clock), metrics: Arc::clone(metrics) })
    }

    /// Adds the TLS of the connections to the store, whose credentials `replace` replaces.
    pub(super) fn with_store(
        self,
        config: &StoreConfig,
        replace: Option<CredentialReplacer>,
    ) -> Result<Self, TlsFileError> {
        let store = config.tls.as_ref().zip(replace);
        let store = store.map(|(tls, replace)| StoreTls::new(tls.files.clone(), &tls.credentials, replace));
        Ok(Self { store: store.transpose()?.map(Arc::new), ..self })
    }

    /// Adds the files of webhooks.
    pub(super) fn with_webhooks(self, files: WebhookFiles) -> Self {
        Self { webhooks: Some(files), ..self }
    }

    /// Returns the TLS of a listener, or `None` if the listeners have none.
    pub(super) fn listener(&self, listener: ListenerKind) -> Option<ListenerTls> {
        let tls = self.listeners.as_ref()?;
        let (acceptor, observer) = (TlsAcceptor::new(Arc::clone(tls), listener), Arc::clone(&self.metrics) as _);
        Some(ListenerTls { acceptor, observer })
    }

    /// Reloads the files of the listeners if they have changed.
    pub(super) async fn reload_listeners(self) {
        let Some(tls) = self.listeners.clone() else { return };
        let reload = move |now| (tls.reload_if_changed(now), tls.status().certificate);
        self.reload("listeners", reload).await;
    }

    /// Reloads the files of the connections to the store if they have changed.
    pub(super) async fn reload_store(self) {
        let Some(tls) = self.store.clone() else { return };
        let reload = move |now| (tls.reload_if_changed(now), tls.status().certificate);
        self.reload("store", reload).await;
    }

    /// Reloads the files of webhooks that have changed.
    pub(super) async fn reload_webhooks(self) {
        let Some(files) = self.webhooks.clone() else { return };
        let outcomes = match tokio::task::spawn_blocking(move || files.reload_if_changed()).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::error!(%error, "failed to reload the files of webhooks; retrying");
                return;
            }
        };
        for (setting, outcome) in outcomes {
            self.metrics.tls_reloaded(&outcome);
            match outcome {
                TlsReloadOutcome::Unchanged => {}
                TlsReloadOutcome::Replaced => {
                    tracing::info!(setting, "a file of webhooks has changed; further messages use it");
                }
                TlsReloadOutcome::Rejected(error) => tracing::error!(
                    setting, %error,
                    "failed to reload a file of webhooks; the previous content stays in effect"
                ),
            }
        }
    }

    /// Calls `reload` with the time, which returns the outcome and the validity of this node's certificate chain.
    async fn reload(
        self,
        connections: &'static str,
        reload: impl FnOnce(UnixMillis) -> (TlsReloadOutcome, Vec<CertificateValidity>) + Send + 'static,
    ) {
        let now = self.clock.now();
        let (outcome, chain) = match tokio::task::spawn_blocking(move || reload(now)).await {
            Ok(reloaded) => reloaded,
            Err(error) => {
                tracing::error!(connections, %error, "failed to reload the TLS files; retrying");
                return;
            }
        };
        self.metrics.tls_reloaded(&outcome);
        match outcome {
            TlsReloadOutcome::Unchanged => {}
            TlsReloadOutcome::Replaced => {
                let until = chain.iter().map(|validity| validity.not_after).min().map(tracing::field::display);
                tracing::info!(connections, until, "the TLS files have changed; new connections use them");
            }
            TlsReloadOutcome::Rejected(error) => tracing::error!(
                connections, %error,
                "failed to reload the TLS files; the previous ones stay in effect"
            ),
        }
    }
}

fn open_listeners(config: &TlsConfig) -> Result<ServerTls, TlsFileError> {
    let TlsConfig { files, credentials, trust_domain, client_certificates, handshake_timeout, .. } = config;
    ServerTls::new(files.clone(), credentials, trust_domain.clone(), *client_certificates, *handshake_timeout)
}
