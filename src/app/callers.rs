//! The callers of a node, as its transports see them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::readiness::CheckResult;
use crate::{
    authority::{Authenticator, CredentialDirectory, ListedCredential, PresentedCredentials, PresentedIdentity},
    callers::{AuthError, CallerFileError, CallersFileStatus, CallersHandle, CallersReloadOutcome},
    clock::Clock,
    config::Config,
    domain::{CallError, Caller, CertificateRefusal, CredentialUse},
    telemetry::Metrics,
    transport::http::CheckState,
};

/// The time by which a reload of the file may be overdue, in addition to twice its interval.
const RELOAD_TOLERANCE: Duration = Duration::from_secs(10);

/// Authenticates callers by the credentials that are listed at the time of the call.
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

    /// Reloads the callers file if it has changed.
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
            CallersReloadOutcome::Replaced { credentials } => {
                tracing::info!(%file, credentials, "the credentials of callers have changed");
            }
            CallersReloadOutcome::Rejected(reason) => {
                tracing::error!(
                    %file,
                    reason,
                    "the callers file is invalid; its previous credentials stay valid for now"
                );
            }
            CallersReloadOutcome::Disabled => {
                tracing::error!(%file, "the callers file is missing; its credentials are disabled");
            }
        }
    }

    /// Disables the credentials of a file that was invalid for too long, and returns the state of the file. Does not
    /// wait for the file system.
    pub(super) fn check(&self) -> CheckResult {
        let now = self.now();
        if self.handle.disable_if_stale(now) {
            self.metrics.caller_keys_disabled();
            let file = self.file.display();
            tracing::error!(%file, "the callers file was invalid for too long; its credentials are disabled");
        }
        let CallersFileStatus { failure, is_disabled, credentials, age } = self.handle.status(now);
        let failure = failure.or_else(|| {
            let is_overdue = age > self.reload_interval * 2 + RELOAD_TOLERANCE;
            is_overdue.then(|| format!("{} was not reloaded for {} s", self.file.display(), age.as_secs()))
        });
        self.metrics.caller_file_usable(failure.is_none());
        match failure {
            None => CheckResult::new(CheckState::Ok, format!("{credentials} credentials")),
            Some(failure) if is_disabled => {
                // Other nodes may serve the callers that are refused here.
                let has_no_callers = credentials == 0 && !self.anonymous;
                let state = if has_no_callers { CheckState::Failed } else { CheckState::Degraded };
                CheckResult::new(
                    state,
                    format!("{failure}; its credentials are disabled; {credentials} others remain valid"),
                )
            }
            Some(failure) => {
                let left = self.max_staleness.saturating_sub(age).as_secs();
                let detail = format!("{failure}; the previous credentials stay valid for at most {left} s");
                CheckResult::new(CheckState::Degraded, detail)
            }
        }
    }

    /// Returns the uses of credentials that are yet to be recorded in the audit.
    pub(super) fn unrecorded_uses(&self) -> Vec<CredentialUse> {
        self.handle.unrecorded_uses()
    }

    /// Notes that these uses were recorded.
    pub(super) fn mark_recorded(&self, uses: &[CredentialUse]) {
        self.handle.mark_recorded(uses);
    }

    fn now(&self) -> Duration {
        self.clock.instant().since_boot
    }
}

impl Authenticator for CallerAuthenticator {
    fn authenticate(&self, credentials: PresentedCredentials<'_>) -> Result<Arc<Caller>, CallError> {
        self.handle.authenticate(credentials, self.clock.now()).map_err(|error| {
            self.metrics.auth_failed(error);
            CallError::Unauthenticated(describe_refusal(error))
        })
    }

    fn authenticate_key_id(&self, id: &str) -> Result<Arc<Caller>, CallError> {
        let known = self.handle.current().authenticate_key_id(id, self.clock.now());
        known.map_err(|error| CallError::Unauthenticated(describe_refusal(error)))
    }

    fn identify(&self, credentials: PresentedCredentials<'_>) -> PresentedIdentity {
        self.handle.current().identify(credentials)
    }
}

impl CredentialDirectory for CallerAuthenticator {
    fn credentials(&self) -> Vec<ListedCredential> {
        self.handle.credentials()
    }
}

/// Returns the text for the caller. It does not reveal whether a credential exists.
const fn describe_refusal(error: AuthError) -> &'static str {
    match error {
        AuthError::Missing => "an API key (authorization: Bearer KEY) or a client certificate is required",
        AuthError::Malformed | AuthError::Unknown => "unknown API key",
        AuthError::Expired => "the API key has expired",
        AuthError::Revoked => "the API key was revoked",
        AuthError::Certificate(refusal) => match refusal {
            CertificateRefusal::NoSpiffeId => "the client certificate has no SPIFFE ID (a URI among its names)",
            CertificateRefusal::SeveralSpiffeIds => "the client certificate has more than one URI among its names",
            CertificateRefusal::InvalidSpiffeId => "the URI of the client certificate is not a SPIFFE ID",
            CertificateRefusal::ForeignTrustDomain => "the client certificate belongs to another trust domain",
            CertificateRefusal::SigningCertificate => "the client certificate may sign certificates",
            CertificateRefusal::Expired => "the client certificate has expired; connect again with a new one",
            CertificateRefusal::Untrusted => "the authority of the client certificate is no longer trusted",
        },
        AuthError::UnknownSpiffeId => "no caller has the SPIFFE ID of the client certificate",
        AuthError::ExpiredSpiffeId => "the access of the client certificate's SPIFFE ID has expired",
        AuthError::RevokedSpiffeId => "the SPIFFE ID of the client certificate was revoked",
        AuthError::CallerMismatch => "the API key and the client certificate belong to different callers",
    }
}
