//! The use cases: what each call means, one a file.
//!
//! Everything here is written against the [`SessionStore`] contract and the domain, and knows neither Redis
//! nor gRPC. Callers are authenticated before and permitted here ([`permissions`]).

pub mod activity;
mod audit_activity;
pub mod audit_condition;
pub mod authenticator;
pub mod backlog;
pub mod clock_monitor;
pub mod create;
pub mod dirty_buckets;
pub mod forget_user;
pub mod list;
pub mod list_events;
mod mass_revocation_limiter;
pub mod observer;
pub mod permissions;
pub mod revoke;
pub mod revoke_all;
pub mod revoke_where;
pub mod search_page;
pub mod search_sessions;
mod sign_in;
pub mod stats;
pub mod sweep;
pub mod token_key_registry;
pub mod update;
mod user_locks;
pub mod validate;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

use crate::{
    audit::{AuditDatabase, AuditError, AuditHistory, RelayStatus, SweepProgress},
    cache::SessionReader,
    clock::Clock,
    detection,
    device::DeviceNamer,
    domain::{
        BearerToken, CallError, EndReason, InstallationSecret, PolicySet, SessionEnding, SessionId, SessionToken,
        TokenKeys, UnixMillis, token::TokenParseError,
    },
    entropy::{Entropy, EntropyError},
    geo::GeoLocator,
    store::{AlertStream, SessionStore, SharedWork, StoreError},
};

use self::{
    activity::ActivityTracker, audit_activity::PendingAuditActivity, audit_condition::AuditCondition,
    backlog::BacklogGate, clock_monitor::ClockMonitor, dirty_buckets::DirtyBuckets,
    mass_revocation_limiter::MassRevocationLimiter, observer::AuthorityObserver, token_key_registry::TokenKeyRegistry,
    user_locks::UserLocks,
};

pub use crate::cache::LiveSession;
pub use authenticator::{Authenticator, PresentedKey};
pub use create::{CreatedSession, LoginRequest, LoginTerms};
pub use forget_user::{UserErasureRequest, UserErasureResult};
pub use list::SessionListRequest;
pub use revoke::{RevocationRequest, SessionSelector};
pub use revoke_all::{ScopeRevocationRequest, ScopeRevocationResult};
pub use revoke_where::{FilterRevocationRequest, RevocationPreview, RevocationProgress};
pub use search_page::SearchPage;
pub use stats::{StatsRequest, StatsResult};
pub use update::{SessionChanges, SessionUpdateRequest};
pub use validate::{TokenVerdict, ValidatedSession, ValidationRequest, VerdictSource};

/// What an authority is made of.
pub struct AuthorityParts {
    /// What it changes is forgotten by `reads`.
    pub store: Arc<dyn SessionStore>,
    pub reader: Arc<SessionReader>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub entropy: Arc<dyn Entropy>,
    pub installation: InstallationSecret,
    pub tokens: TokenKeys,
    /// Keys that other nodes use besides.
    pub token_key_registry: Arc<TokenKeyRegistry>,
    pub policies: PolicySet,
    pub namer: DeviceNamer,
    pub locator: Arc<dyn GeoLocator>,
    pub observer: Arc<dyn AuthorityObserver>,
    pub backlog: Arc<BacklogGate>,
    /// Alerts that were raised.
    pub alerts: Arc<dyn AlertStream>,
    /// Where what happened is looked up.
    pub audit: AuditDatabase,
    /// Whether it may be.
    pub audit_condition: Arc<AuditCondition>,
    /// How far it is complete.
    pub relay_status: watch::Receiver<RelayStatus>,
    /// Where sweeps are noted, on which that depends.
    pub sweeps: Arc<SweepProgress>,
    /// The background work that this node shares with others; `None`: all of it is its own.
    pub shared: Option<SharedWork>,
    pub settings: AuthoritySettings,
}

/// What an installation may choose.
#[derive(Clone, Copy, Debug)]
pub struct AuthoritySettings {
    /// How long ago a login may have been proven.
    pub max_authentication_age: Duration,
    /// Sessions whose activity is held back at a time; that of one more is written at once if it is due.
    pub max_tracked_sessions: usize,
    /// For how long the audit keeps what happened.
    pub audit_retention: Duration,
    /// Users that one step of a sweep looks at.
    pub sweep_batch: usize,
    /// Mass revocations of one caller and scope at once; then one a second.
    pub mass_revocation_burst: u32,
    pub detection: detection::DetectionSettings,
}

/// The one place that says who is signed in.
pub struct Authority {
    parts: AuthorityParts,
    activity: ActivityTracker,
    pending_audit_activity: PendingAuditActivity,
    change_signal: Arc<Notify>,
    dirty_buckets: Arc<DirtyBuckets>,
    user_locks: UserLocks,
    mass_revocation_limiter: MassRevocationLimiter,
}

impl Authority {
    #[must_use]
    pub fn new(parts: AuthorityParts) -> Self {
        Self {
            activity: ActivityTracker::new(parts.settings.max_tracked_sessions),
            pending_audit_activity: PendingAuditActivity::new(parts.settings.max_tracked_sessions),
            mass_revocation_limiter: MassRevocationLimiter::new(parts.settings.mass_revocation_burst),
            parts,
            change_signal: Arc::default(),
            dirty_buckets: Arc::default(),
            user_locks: UserLocks::default(),
        }
    }

    /// Notified after every change, so that its event need not wait to be drained.
    #[must_use]
    pub fn change_signal(&self) -> Arc<Notify> {
        Arc::clone(&self.change_signal)
    }

    /// Where logins raised alerts, so that their findings need not wait to be forwarded.
    #[must_use]
    pub fn dirty_buckets(&self) -> Arc<DirtyBuckets> {
        Arc::clone(&self.dirty_buckets)
    }

    fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }

    /// Takes a token apart. The error is for one of which only another node knows whether it is good.
    fn parse_token(&self, token: &BearerToken) -> Result<Result<SessionToken, TokenParseError>, CallError> {
        let parsed = self.parts.tokens.parse(token.as_str());
        if let Err(TokenParseError::UnknownKey(id)) = parsed {
            self.parts.token_key_registry.verify_unused(id)?;
        }
        Ok(parsed)
    }

    fn store(&self) -> &dyn SessionStore {
        self.parts.store.as_ref()
    }

    /// Where what happened is looked up; an error while its answers would be wrong.
    fn history(&self) -> Result<&dyn AuditHistory, CallError> {
        self.parts.audit_condition.verify_readable()?;
        Ok(self.parts.audit.history.as_ref())
    }

    /// Everything that took effect before is in the audit database. To be read before a question to it is asked.
    fn complete_until(&self) -> Option<UnixMillis> {
        self.parts.relay_status.borrow().complete_until
    }

    /// Takes note of sessions that a call ended.
    fn note_ended(&self, ended: &[SessionEnding]) {
        self.note_endings(ended.iter().map(|session| (session.session_id, session.reason)));
    }

    /// Takes note of sessions that ended with all of their user's.
    fn note_revoked_all(&self, ids: &[SessionId]) {
        self.note_endings(ids.iter().map(|id| (*id, EndReason::RevokedAll)));
    }

    fn note_endings(&self, endings: impl Iterator<Item = (SessionId, EndReason)>) {
        for (id, reason) in endings {
            self.activity.untrack(id);
            self.parts.observer.ended(reason);
        }
        self.change_signal.notify_one();
    }
}

/// What went wrong in the store, as the caller is told. The details are for the log.
impl From<StoreError> for CallError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable { .. }
            | StoreError::Misconfigured { .. }
            | StoreError::NoResponse { .. }
            | StoreError::ClaimLost { .. } => Self::StoreUnavailable(error.to_string()),
            StoreError::ClockSkewed { .. } => Self::ClockSkewed(error.to_string()),
            StoreError::Binding { .. } => Self::StoreNotBound(error.to_string()),
            StoreError::PartiallyApplied { reached, total: of } => Self::PartiallyApplied { reached, total: of },
            StoreError::RecordTooLarge { bytes, limit } => crate::domain::FieldViolation::new(
                "data",
                format!("makes the session {bytes} bytes large with all its fields; at most {limit} are allowed"),
            )
            .into(),
            StoreError::HandleCollision | StoreError::Corrupt { .. } => Self::Internal(error.to_string()),
        }
    }
}

/// What went wrong in the audit database, as the caller is told.
impl From<AuditError> for CallError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Disabled => Self::AuditDisabled,
            // It is examined, and migrated, when it first answers.
            AuditError::Unavailable { .. }
            | AuditError::SchemaBehind { .. }
            | AuditError::MigrationFailed { .. }
            | AuditError::Migration { .. }
            | AuditError::ClockAhead { .. }
            | AuditError::Forbidden { .. } => Self::AuditUnavailable(error.to_string()),
            AuditError::Refused { .. } | AuditError::Setting(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<EntropyError> for CallError {
    fn from(error: EntropyError) -> Self {
        Self::Internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{create::digest, revoke_all::ExemptSession, *};
    use crate::domain::{BearerToken, Cause, ClientContext, Owner, SessionData, TenantScope};

    #[test]
    fn no_request_prints_a_token_or_an_address() {
        let (token, email) = (BearerToken::new("sa_secret".to_owned()), "ann@example.org".to_owned());
        let login = LoginRequest {
            owner: Owner::new("t", "ann").expect("owner"),
            email: email.clone(),
            roles: Vec::new(),
            data: SessionData::from_stored(b"sa_secret".to_vec()),
            client: ClientContext::default(),
            remember: false,
            lifetime: None,
            idle_timeout: None,
            policy: String::new(),
            auth_methods: Vec::new(),
            assurance_level: 0,
            authenticated_at: None,
            request_id: "r-1".to_owned(),
            is_migrated: false,
            body_digest: digest(b""),
            cause: Cause::from_service("test"),
        };
        let changes =
            SessionChanges { email: Some(email.clone()), data: Some(login.data.clone()), ..SessionChanges::default() };
        let validation = ValidationRequest {
            token: token.clone(),
            strong: false,
            touch: true,
            max_auth_age: None,
            min_assurance_level: 0,
            tenants: &TenantScope::All,
        };
        let (target, except) = (SessionSelector::Token(token.clone()), ExemptSession::Token(token));
        let printed = format!("{login:?} {changes:?} {validation:?} {target:?} {except:?}");
        for secret in ["sa_secret", &email, &format!("{:?}", b"sa_secret")] {
            assert!(!printed.contains(secret), "{printed}");
        }
        assert!(printed.contains("r-1"), "{printed}");
    }
}
