//! The callers of a node, as its transports see them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::readiness::CheckResult;
use crate::{
    authority::{Authenticator, PresentedKey},
    callers::{AuthError, CallerFileError, CallersFileStatus, CallersHandle, Reloaded},
    clock::Clock,
    config::Config,
    domain::{Caller, Error},
    telemetry::Metrics,
    transport::http::CheckState,
};

/// How long a look at the file may be overdue, beside twice its interval.
const OVERDUE: Duration = Duration::from_secs(10);

/// The callers that are listed, at the time of the call.
pub(super) struct KnownCallers {
    handle: CallersHandle,
    file: PathBuf,
    reload_interval: Duration,
    max_staleness: Duration,
    anonymous: bool,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl KnownCallers {
    pub(super) fn open(config: &Config, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Result<Self, CallerFileError> {
        let sources = &config.callers;
        let handle = CallersHandle::open(
            &sources.file,
            sources.listed.clone(),
            &config.keys.installation,
            sources.anonymous,
            sources.max_staleness,
        )?;
        let (reload_interval, max_staleness) = (sources.reload_interval, sources.max_staleness);
        let (file, anonymous) = (sources.file.clone(), sources.anonymous);
        Ok(Self { handle, file, reload_interval, max_staleness, anonymous, clock, metrics })
    }

    /// Takes over a changed file of keys.
    pub(super) async fn reload_if_changed(self: Arc<Self>) {
        let blocking = tokio::task::spawn_blocking(move || self.look_at_file());
        if let Err(error) = blocking.await {
            tracing::error!(%error, "failed to look at the callers file; it is looked at again");
        }
    }

    fn look_at_file(&self) {
        let outcome = self.handle.reload_if_changed(self.now());
        self.metrics.callers_looked_at(&outcome);
        let file = self.file.display();
        match outcome {
            Reloaded::Unchanged => {}
            Reloaded::Replaced { keys } => tracing::info!(%file, keys, "the API keys have changed"),
            Reloaded::Kept(reason) => {
                tracing::error!(%file, reason, "the callers file cannot be used; its keys stay in effect for now");
            }
            Reloaded::Disabled => tracing::error!(%file, "the callers file is gone; its keys are disabled"),
        }
    }

    /// Disables the keys of a file that was unusable for too long, and returns how the file is doing. Does not wait
    /// for the file system.
    pub(super) fn check(&self) -> CheckResult {
        let now = self.now();
        if self.handle.disable_if_stale(now) {
            self.metrics.caller_keys_disabled();
            let file = self.file.display();
            tracing::error!(%file, "the callers file was unusable for too long; its keys are disabled");
        }
        let CallersFileStatus { failure, is_disabled, keys, age } = self.handle.status(now);
        let failure = failure.or_else(|| {
            let is_overdue = age > self.reload_interval * 2 + OVERDUE;
            is_overdue.then(|| format!("{} was not looked at for {} s", self.file.display(), age.as_secs()))
        });
        self.metrics.caller_file_usable(failure.is_none());
        match failure {
            None => CheckResult::new(CheckState::Ok, format!("{keys} API keys")),
            Some(failure) if is_disabled => {
                // Other nodes may serve those who are refused here.
                let nobody = keys == 0 && !self.anonymous;
                let state = if nobody { CheckState::Failed } else { CheckState::Degraded };
                CheckResult::new(
                    state,
                    format!("{failure}; the keys that it listed are disabled, {keys} others are not"),
                )
            }
            Some(failure) => {
                let left = self.max_staleness.saturating_sub(age).as_secs();
                let detail = format!("{failure}; the keys of before stay in effect for at most {left} s");
                CheckResult::new(CheckState::Degraded, detail)
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.moment().since_boot
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

    fn identify(&self, credential: Option<&str>) -> PresentedKey {
        let identified = credential.and_then(|presented| self.handle.current().identify(presented));
        identified
            .map_or_else(PresentedKey::default, |(id, caller)| PresentedKey { key_id: Some(id.to_string()), caller })
    }
}
