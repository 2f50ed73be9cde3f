//! The callers of a node, as its transports see them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::readiness::CheckResult;
use crate::{
    authority::{Authenticator, PresentedKey},
    callers::{AuthError, CallerFileError, CallersFileStatus, CallersHandle, CallersReloadOutcome},
    clock::Clock,
    config::Config,
    domain::{CallError, Caller},
    telemetry::Metrics,
    transport::http::CheckState,
};

/// The time by which a reload of the file may be overdue, in addition to twice its interval.
const RELOAD_TOLERANCE: Duration = Duration::from_secs(10);

/// Authenticates callers by the keys that are listed at the time of the call.
pub(super) struct CallerAuthenticator {
    handle: CallersHandle,
    file: PathBuf,
    reload_interval: Duration,
    max_staleness: Duration,
    anonymous: bool,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl CallerAuthenticator {
    pub(super) fn open(config: &Config, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Result<Self, CallerFileError> {
        let sources = &config.callers;
        let handle = CallersHandle::open(
            &sources.file,
            sources.configured.clone(),
            &config.keys.installation,
            sources.anonymous,
            sources.max_staleness,
        )?;
        let (reload_interval, max_staleness) = (sources.reload_interval, sources.max_staleness);
        let (file, anonymous) = (sources.file.clone(), sources.anonymous);
        Ok(Self { handle, file, reload_interval, max_staleness, anonymous, clock, metrics })
    }

    /// Reloads the file of keys if it has changed.
    pub(super) async fn reload_if_changed(self: Arc<Self>) {
        let blocking = tokio::task::spawn_blocking(move || self.reload_file());
        if let Err(error) = blocking.await {
            tracing::error!(%error, "failed to reload the callers file; retrying");
        }
    }

    fn reload_file(&self) {
        let outcome = self.handle.reload_if_changed(self.now());
        self.metrics.callers_reloaded(&outcome);
        let file = self.file.display();
        match outcome {
            CallersReloadOutcome::Unchanged => {}
            CallersReloadOutcome::Replaced { keys } => tracing::info!(%file, keys, "the API keys have changed"),
            CallersReloadOutcome::Rejected(reason) => {
                tracing::error!(%file, reason, "the callers file is invalid; its previous keys stay valid for now");
            }
            CallersReloadOutcome::Disabled => {
                tracing::error!(%file, "the callers file is missing; its keys are disabled");
            }
        }
    }

    /// Disables the keys of a file that was invalid for too long, and returns the state of the file. Does not wait for
    /// the file system.
    pub(super) fn check(&self) -> CheckResult {
        let now = self.now();
        if self.handle.disable_if_stale(now) {
            self.metrics.caller_keys_disabled();
            let file = self.file.display();
            tracing::error!(%file, "the callers file was invalid for too long; its keys are disabled");
        }
        let CallersFileStatus { failure, is_disabled, keys, age } = self.handle.status(now);
        let failure = failure.or_else(|| {
            let is_overdue = age > self.reload_interval * 2 + RELOAD_TOLERANCE;
            is_overdue.then(|| format!("{} was not reloaded for {} s", self.file.display(), age.as_secs()))
        });
        self.metrics.caller_file_usable(failure.is_none());
        match failure {
            None => CheckResult::new(CheckState::Ok, format!("{keys} API keys")),
            Some(failure) if is_disabled => {
                // Other nodes may serve the callers that are refused here.
                let has_no_callers = keys == 0 && !self.anonymous;
                let state = if has_no_callers { CheckState::Failed } else { CheckState::Degraded };
                CheckResult::new(state, format!("{failure}; its keys are disabled; {keys} other keys remain valid"))
            }
            Some(failure) => {
                let left = self.max_staleness.saturating_sub(age).as_secs();
                let detail = format!("{failure}; the previous keys stay valid for at most {left} s");
                CheckResult::new(CheckState::Degraded, detail)
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.instant().since_boot
    }
}

impl Authenticator for CallerAuthenticator {
    fn authenticate(&self, credential: Option<&str>) -> Result<Arc<Caller>, CallError> {
        self.handle.authenticate(credential, self.clock.now()).map_err(|error| {
            self.metrics.auth_failed(error);
            CallError::Unauthenticated(match error {
                AuthError::Missing => "API key required (authorization: Bearer KEY)",
                AuthError::Malformed | AuthError::Unknown => "unknown API key",
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
