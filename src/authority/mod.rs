//! The use cases: the meaning of each call, one per file.
//!
//! The use cases are written against the [`SessionStore`] contract and the domain, and know neither Redis nor gRPC.
//! Callers are authenticated before and authorized here ([`permissions`]).

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
    clock::Clock,
    detection,
    device::DeviceNamer,
    domain::{
        BearerToken, CallError, EndReason, InstallationSecret, PolicySet, SessionEnding, SessionId, SessionToken,
        TokenKeys, UnixMillis, token::TokenParseError,
    },
    entropy::{Entropy, EntropyError},
    geo::GeoLocator,
    near_cache::SessionReader,
    store::{AlertStream, SessionStore, SharedWork, StoreError},
};

use self::{
    activity::ActivityTracker, audit_activity::PendingAuditActivity, audit_condition::AuditCondition,
    backlog::BacklogGate, clock_monitor::ClockMonitor, dirty_buckets::DirtyBuckets,
    mass_revocation_limiter::MassRevocationLimiter, observer::AuthorityObserver, token_key_registry::TokenKeyRegistry,
    user_locks::UserLocks,
};

pub use crate::near_cache::LiveSession;
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

/// The parts of an [`Authority`].
pub struct AuthorityParts {
    /// The session store. Its changes invalidate the cache of `reader`.
    pub store: Arc<dyn SessionStore>,
    /// The engine of the store, which decides what an erasure leaves behind.
    pub engine: &'static str,
    pub reader: Arc<SessionReader>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub entropy: Arc<dyn Entropy>,
    pub installation: InstallationSecret,
    pub tokens: TokenKeys,
    /// The token keys that other nodes use and this one does not have.
    pub token_key_registry: Arc<TokenKeyRegistry>,
    pub policies: PolicySet,
    pub namer: DeviceNamer,
    pub locator: Arc<dyn GeoLocator>,
    pub observer: Arc<dyn AuthorityObserver>,
    pub backlog: Arc<BacklogGate>,
    /// The stream of the alerts that were raised.
    pub alerts: Arc<dyn AlertStream>,
    /// The audit database, in which past events are looked up.
    pub audit: AuditDatabase,
    /// The condition under which the audit database may be used.
    pub audit_condition: Arc<AuditCondition>,
    /// The status of the relay, which has the time up to which the audit database is complete.
    pub relay_status: watch::Receiver<RelayStatus>,
    /// The progress of sweeps, on which that time depends.
    pub sweeps: Arc<SweepProgress>,
    /// The background work that this node shares with others. `None`: this node does all of it.
    pub shared: Option<SharedWork>,
    pub settings: AuthoritySettings,
}

/// The settings of an installation.
#[derive(Clone, Copy, Debug)]
pub struct AuthoritySettings {
    /// The maximum age of the authentication of a login.
    pub max_authentication_age: Duration,
    /// The maximum number of sessions whose activity is buffered. Activity of further sessions is written at once if it
    /// is due.
    pub max_tracked_sessions: usize,
    /// The retention of audit events.
    pub audit_retention: Duration,
    /// The number of users that one step of a sweep inspects.
    pub sweep_batch: usize,
    /// The burst of mass revocations of one caller and scope. Afterwards one per second is allowed.
    pub mass_revocation_burst: u32,
    pub detection: detection::DetectionSettings,
}

/// The single place that decides who is signed in.
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

    /// Returns the signal that is notified after every change, so that its event is relayed at once.
    #[must_use]
    pub fn change_signal(&self) -> Arc<Notify> {
        Arc::clone(&self.change_signal)
    }

    /// Returns the buckets in which logins raised alerts, so that their findings are forwarded at once.
    #[must_use]
    pub fn dirty_buckets(&self) -> Arc<DirtyBuckets> {
        Arc::clone(&self.dirty_buckets)
    }

    fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }

    /// Parses a token. Fails if only another node can decide whether the token is valid.
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

    /// Returns the queries of the audit database. Fails while their results would be wrong.
    fn history(&self) -> Result<&dyn AuditHistory, CallError> {
        self.parts.audit_condition.verify_readable()?;
        Ok(self.parts.audit.history.as_ref())
    }

    /// Returns the time before which every change is in the audit database. It must be read before the query that it
    /// qualifies.
    fn complete_until(&self) -> Option<UnixMillis> {
        self.parts.relay_status.borrow().complete_until
    }

    /// Records the sessions that a call ended.
    fn note_ended(&self, ended: &[SessionEnding]) {
        self.note_endings(ended.iter().map(|session| (session.session_id, session.reason)));
    }

    /// Records the sessions that ended with all others of their user.
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

/// Converts an error of the store to the error that the caller gets. The details are for the log.
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
                format!("makes the session {bytes} bytes in total (limit {limit})"),
            )
            .into(),
            StoreError::HandleCollision | StoreError::Corrupt { .. } => Self::Internal(error.to_string()),
        }
    }
}

/// Converts an error of the audit database to the error that the caller gets.
impl From<AuditError> for CallError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Disabled => Self::AuditDisabled,
            // The database is examined and migrated when it first responds.
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
