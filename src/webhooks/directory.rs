//! The endpoints of the installation: those of the configuration, and those that administrators added.

use std::sync::Arc;

use crate::{
    audit::{AuditError, WebhookLog},
    domain::{
        InstallationSecret, UnixMillis,
        webhook::{ConfiguredEndpoint, SecretSalts, WebhookEndpoint, WebhookName, WebhookSecret},
    },
};

/// An endpoint with its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActiveEndpoint {
    pub endpoint: WebhookEndpoint,
    secrets: EndpointSecrets,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum EndpointSecrets {
    Configured(Vec<WebhookSecret>),
    Derived(SecretSalts),
}

/// The endpoints of the installation.
#[derive(Clone)]
pub struct EndpointDirectory {
    pub configured: Arc<[ConfiguredEndpoint]>,
    pub log: Arc<dyn WebhookLog>,
    pub installation: InstallationSecret,
}

impl EndpointDirectory {
    /// Returns all endpoints. One of the configuration replaces an added one of the same name.
    pub(super) async fn active(&self) -> Result<Vec<ActiveEndpoint>, AuditError> {
        let mut active: Vec<_> = self.configured.iter().map(ActiveEndpoint::from_configured).collect();
        let added = match self.log.endpoints().await {
            Err(AuditError::Disabled) => Vec::new(),
            outcome => outcome?,
        };
        for stored in added {
            if !self.is_configured(&stored.endpoint.name) {
                let secrets = EndpointSecrets::Derived(stored.salts);
                active.push(ActiveEndpoint { endpoint: stored.endpoint, secrets });
            }
        }
        Ok(active)
    }

    /// Returns the endpoint of this name.
    pub(super) async fn find(&self, name: &WebhookName) -> Result<Option<ActiveEndpoint>, AuditError> {
        Ok(self.active().await?.into_iter().find(|active| active.endpoint.name == *name))
    }

    /// Returns the secrets that sign messages at `now`.
    pub(super) fn secrets(&self, active: &ActiveEndpoint, now: UnixMillis) -> Vec<WebhookSecret> {
        match &active.secrets {
            EndpointSecrets::Configured(secrets) => secrets.clone(),
            EndpointSecrets::Derived(salts) => salts.secrets(&self.installation, &active.endpoint.name, now),
        }
    }

    fn is_configured(&self, name: &WebhookName) -> bool {
        self.configured.iter().any(|configured| configured.endpoint.name == *name)
    }
}

impl ActiveEndpoint {
    fn from_configured(configured: &ConfiguredEndpoint) -> Self {
        let secrets = EndpointSecrets::Configured(configured.secrets.clone());
        Self { endpoint: configured.endpoint.clone(), secrets }
    }
}
