//! The callers of a node, as its transports see them.

use std::sync::Arc;

use crate::{
    authority::Authenticator,
    callers::{AuthError, CallerFileError, CallersHandle, Reloaded},
    clock::Clock,
    config::{Config, Management},
    domain::{Caller, Error},
    telemetry::Metrics,
};

/// The callers that are listed, at the time of the call.
pub(super) struct KnownCallers {
    handle: CallersHandle,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl KnownCallers {
    pub(super) fn open(config: &Config, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Result<Self, CallerFileError> {
        let sources = &config.callers;
        let handle =
            CallersHandle::open(&sources.file, sources.listed.clone(), &config.keys.installation, sources.anonymous)?;
        Ok(Self { handle, clock, metrics })
    }

    /// Who may read the metrics: whoever may by role, or everybody where the settings say so.
    pub(super) fn for_metrics(self: &Arc<Self>, settings: &Management) -> Arc<dyn Authenticator> {
        if settings.metrics_need_key { Arc::clone(self) as _ } else { Arc::new(Everybody) }
    }

    /// Takes over a changed file of keys.
    pub(super) fn reload_if_changed(&self) {
        let outcome = self.handle.reload_if_changed();
        self.metrics.callers_looked_at(&outcome);
        match outcome {
            Reloaded::Unchanged => {}
            Reloaded::Replaced { keys } => tracing::info!(keys, "the API keys have changed"),
            Reloaded::Kept(error) => {
                tracing::error!(%error, "the file of API keys cannot be used; those of before stay in effect");
            }
        }
    }
}

impl Authenticator for KnownCallers {
    fn authenticate(&self, credential: Option<&str>) -> Result<Arc<Caller>, Error> {
        self.handle.authenticate(credential, self.clock.now()).map_err(|error| {
            self.metrics.auth_failed(error);
            Error::Unauthenticated(match error {
                AuthError::Missing => "an API key is needed: authorization: Bearer KEY",
                AuthError::Malformed | AuthError::Unknown => "the API key is not known",
                AuthError::Expired => "the API key has expired",
                AuthError::Revoked => "the API key was revoked",
            })
        })
    }
}

struct Everybody;

impl Authenticator for Everybody {
    fn authenticate(&self, _: Option<&str>) -> Result<Arc<Caller>, Error> {
        Ok(Arc::new(Caller::anonymous()))
    }
}
