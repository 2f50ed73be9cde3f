//! The use cases: what each call means, one a file.
//!
//! Everything here is written against the [`SessionStore`] contract and the domain, and knows neither Redis
//! nor gRPC. Callers are authenticated before and permitted here ([`permissions`]).

pub mod activity;
pub mod audit_condition;
pub mod authenticator;
pub mod backlog;
pub mod clock_monitor;
pub mod create;
pub mod forget_user;
pub mod list;
pub mod list_events;
pub mod listed;
mod mass_revocation_rate;
pub mod observer;
pub mod permissions;
pub mod raised;
mod refresh;
pub mod revoke;
pub mod revoke_all;
pub mod revoke_where;
pub mod search_sessions;
mod sign_in;
pub mod stats;
pub mod sweep;
pub mod token_key_registry;
mod turns;
pub mod update;
pub mod validate;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

use crate::{
    audit::{AuditDatabase, AuditError, History, RelayStatus, SweepProgress},
    cache::Reads,
    clock::Clock,
    detection,
    device::DeviceNamer,
    domain::{
        BearerToken, EndReason, Ended, Error, InstallationSecret, Policies, SessionId, Token, TokenKeys, UnixMillis,
        token::NotAToken,
    },
    entropy::{Entropy, EntropyError},
    geo::Locator,
    store::{AlertStream, SessionStore, SharedWork, StoreError},
};

use self::{
    activity::Activity, audit_condition::AuditCondition, backlog::BacklogGate, clock_monitor::ClockMonitor,
    mass_revocation_rate::MassRevocationRate, observer::Observer, raised::DirtyBuckets, refresh::Untold,
    token_key_registry::TokenKeyRegistry, turns::Turns,
};

pub use crate::cache::Pass;
pub use authenticator::{Authenticator, PresentedKey};
pub use create::{CreateSession, Created, LoginTerms};
pub use forget_user::{ForgetUser, ForgottenUser};
pub use list::ListSessions;
pub use listed::Listed;
pub use revoke::{RevokeSession, Target};
pub use revoke_all::{RevokeAll, RevokedAll};
pub use revoke_where::{Matching, RevokeWhere, Revoking};
pub use stats::{CountedStats, GetStats};
pub use update::{Changes, UpdateSession};
pub use validate::{Live, ValidateToken, Verdict, VerdictSource};

/// What an authority is made of.
pub struct Parts {
    /// What it changes is forgotten by `reads`.
    pub store: Arc<dyn SessionStore>,
    pub reads: Arc<Reads>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub entropy: Arc<dyn Entropy>,
    pub installation: InstallationSecret,
    pub tokens: TokenKeys,
    /// Keys that other nodes use besides.
    pub token_key_registry: Arc<TokenKeyRegistry>,
    pub policies: Policies,
    pub namer: DeviceNamer,
    pub locator: Arc<dyn Locator>,
    pub observer: Arc<dyn Observer>,
    pub backlog: Arc<BacklogGate>,
    /// Alerts that were raised.
    pub alerts: Arc<dyn AlertStream>,
    /// Where what happened is looked up.
    pub audit: AuditDatabase,
    /// Whether it may be.
    pub audit_condition: Arc<AuditCondition>,
    /// How far it is complete.
    pub relayed: watch::Receiver<RelayStatus>,
    /// Where sweeps are noted, on which that depends.
    pub sweeps: Arc<SweepProgress>,
    /// The background work that this node shares with others; `None`: all of it is its own.
    pub shared: Option<SharedWork>,
    pub settings: Settings,
}

/// What an installation may choose.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long ago a login may have been proven.
    pub max_authentication_age: Duration,
    /// Sessions whose activity is held back at a time; that of one more is written at once if it is due.
    pub max_followed: usize,
    /// For how long the audit keeps what happened.
    pub audit_retention: Duration,
    /// Users that one step of a sweep looks at.
    pub sweep_batch: usize,
    /// Mass revocations of one caller and scope at once; then one a second.
    pub mass_revocation_burst: u32,
    pub detection: detection::Settings,
}

/// The one place that says who is signed in.
pub struct Authority {
    parts: Parts,
    activity: Activity,
    untold: Untold,
    changed: Arc<Notify>,
    raised: Arc<DirtyBuckets>,
    turns: Turns,
    mass_revocation_rate: MassRevocationRate,
}

impl Authority {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            activity: Activity::new(parts.settings.max_followed),
            untold: Untold::new(parts.settings.max_followed),
            mass_revocation_rate: MassRevocationRate::new(parts.settings.mass_revocation_burst),
            parts,
            changed: Arc::default(),
            raised: Arc::default(),
            turns: Turns::default(),
        }
    }

    /// Notified after every change, so that its event need not wait to be drained.
    #[must_use]
    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Where logins raised alerts, so that their findings need not wait to be forwarded.
    #[must_use]
    pub fn raised(&self) -> Arc<DirtyBuckets> {
        Arc::clone(&self.raised)
    }

    fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }

    /// Takes a token apart. The error is for one of which only another node knows whether it is good.
    fn parse_token(&self, token: &BearerToken) -> Result<Result<Token, NotAToken>, Error> {
        let parsed = self.parts.tokens.parse(token.as_str());
        if let Err(NotAToken::UnknownKey(id)) = parsed {
            self.parts.token_key_registry.verify_unused(id)?;
        }
        Ok(parsed)
    }

    fn store(&self) -> &dyn SessionStore {
        self.parts.store.as_ref()
    }

    /// Where what happened is looked up; an error while its answers would be wrong.
    fn history(&self) -> Result<&dyn History, Error> {
        self.parts.audit_condition.verify_readable()?;
        Ok(self.parts.audit.history.as_ref())
    }

    /// Everything that took effect before is in the audit database. To be read before a question to it is asked.
    fn complete_until(&self) -> Option<UnixMillis> {
        self.parts.relayed.borrow().complete_until
    }

    /// Takes note of sessions that a call ended.
    fn note_ended(&self, ended: &[Ended]) {
        self.note_endings(ended.iter().map(|session| (session.session_id, session.reason)));
    }

    /// Takes note of sessions that ended with all of their user's.
    fn note_revoked_all(&self, ids: &[SessionId]) {
        self.note_endings(ids.iter().map(|id| (*id, EndReason::RevokedAll)));
    }

    fn note_endings(&self, endings: impl Iterator<Item = (SessionId, EndReason)>) {
        for (id, reason) in endings {
            self.activity.forget(id);
            self.parts.observer.ended(reason);
        }
        self.changed.notify_one();
    }
}

/// What went wrong in the store, as the caller is told. The details are for the log.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable { .. }
            | StoreError::Misconfigured { .. }
            | StoreError::NoAnswer { .. }
            | StoreError::ClaimLost { .. } => Self::StoreUnavailable(error.to_string()),
            StoreError::ClockSkewed { .. } => Self::ClockSkewed(error.to_string()),
            StoreError::Binding { .. } => Self::StoreNotBound(error.to_string()),
            StoreError::Partial { reached, of } => Self::PartlyApplied { reached, of },
            StoreError::RecordTooLarge { bytes, limit } => crate::domain::Violation::new(
                "data",
                format!("makes the session {bytes} bytes large with all its fields; at most {limit} are allowed"),
            )
            .into(),
            StoreError::Collision | StoreError::Corrupt { .. } => Self::Internal(error.to_string()),
        }
    }
}

/// What went wrong in the audit database, as the caller is told.
impl From<AuditError> for Error {
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

impl From<EntropyError> for Error {
    fn from(error: EntropyError) -> Self {
        Self::Internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{create::digest, revoke_all::Except, *};
    use crate::domain::{BearerToken, Cause, ClientContext, Data, Owner, TenantScope};

    #[test]
    fn no_request_prints_a_token_or_an_address() {
        let (token, email) = (BearerToken::new("sa_secret".to_owned()), "ann@example.org".to_owned());
        let login = CreateSession {
            owner: Owner::new("t", "ann").expect("owner"),
            email: email.clone(),
            roles: Vec::new(),
            data: Data::from_stored(b"sa_secret".to_vec()),
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
            cause: Cause::service("test"),
        };
        let changes = Changes { email: Some(email.clone()), data: Some(login.data.clone()), ..Changes::default() };
        let validation = ValidateToken {
            token: token.clone(),
            strong: false,
            touch: true,
            max_auth_age: None,
            min_assurance_level: 0,
            tenants: &TenantScope::All,
        };
        let (target, except) = (Target::Token(token.clone()), Except::Token(token));
        let printed = format!("{login:?} {changes:?} {validation:?} {target:?} {except:?}");
        for secret in ["sa_secret", &email, &format!("{:?}", b"sa_secret")] {
            assert!(!printed.contains(secret), "{printed}");
        }
        assert!(printed.contains("r-1"), "{printed}");
    }
}
