//! The use cases: the meaning of each call, one type per file, with the parts that it needs.
//!
//! Several use cases share the [`SessionActivity`] that a node holds, the [`ChangeRecorder`] of its changes, and the
//! gates that it opens and closes ([`backlog`], [`clock_monitor`], [`audit_condition`]).
//!
//! The use cases are written against the contract of the [store](crate::store::SessionStore) and the domain, and know
//! neither Redis nor gRPC. Callers are authenticated before and authorized here ([`permissions`]).

mod acknowledge_alert;
pub mod activity;
mod alert_links;
mod alert_recorder;
pub mod audit_condition;
mod audit_queries;
mod audit_reader;
pub mod authenticator;
pub mod backlog;
mod change_recorder;
mod check_denylist;
mod client_describer;
pub mod clock_monitor;
mod create;
mod credential_list;
mod deny;
mod digest;
pub mod dirty_buckets;
mod failure_alerts;
mod failure_lookup;
mod failure_subjects;
mod forget_user;
mod get;
mod list;
mod loaded_session;
mod login_terms;
mod mass_revocation_limiter;
mod newcomer_counter;
mod node_list;
mod notifications;
pub mod observer;
pub mod permissions;
mod refused_call_recorder;
mod rejected_tokens;
mod rejections;
mod report_failure;
mod responder;
mod revoke;
pub mod revoke_all;
mod revoke_where;
mod rotate;
mod search_page;
mod session_watch;
mod sign_in;
mod stats;
mod sweep;
mod token_issuer;
pub mod token_key_registry;
mod token_parser;
mod token_presenter;
mod touch;
mod update;
mod user_locks;
mod validate;
mod webhooks;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    audit::AuditError,
    domain::{CallError, FieldViolation},
    entropy::EntropyError,
    store::StoreError,
};

pub use crate::near_cache::LiveSession;
pub use acknowledge_alert::{AcknowledgementRequest, AcknowledgementResult, AlertAcknowledger};
pub use activity::{ActivityWriter, SessionActivity};
pub use alert_links::{AlertLinkIssuer, LinkAnswerer};
pub use alert_recorder::AlertRecorder;
pub use audit_queries::{AuditQueries, TenantListRequest};
pub use audit_reader::AuditReader;
pub use authenticator::{Authenticator, ClientIdentity, PresentedCredentials, PresentedIdentity};
pub use change_recorder::ChangeRecorder;
pub use check_denylist::{DenylistCheckRequest, DenylistChecker, DenylistVerdicts};
pub use client_describer::ClientDescriber;
pub use create::{CreatedSession, LoginRequest, SessionCreator};
pub use credential_list::{CredentialDirectory, CredentialList, CredentialName, ListedCredential};
pub use deny::{DenialRequest, JwtDenier};
pub use digest::digest;
pub use failure_lookup::FailureLookup;
pub use forget_user::{UserEraser, UserErasureRequest, UserErasureResult};
pub use get::{SessionGetter, SessionLookup};
pub use list::{SessionListRequest, SessionLister};
pub use login_terms::{LoginRules, LoginTerms};
pub use mass_revocation_limiter::MassRevocationLimiter;
pub use node_list::{ListedNode, NodeDirectory};
pub use notifications::{
    ConsumerCounts, NotificationDispatcher, NotificationDispatcherParts, NotificationLease, UserNotification,
};
pub use refused_call_recorder::{CallRefusal, RefusedCallRecorder};
pub use rejected_tokens::{COLLECT_INTERVAL, RejectedTokenParts, RejectedTokenWatcher, RejectedTokens};
pub use report_failure::{FailureAdvice, FailureReporter, ReportedFailure};
pub use responder::FindingResponder;
pub use revoke::{RevocationRequest, SessionRevoker, SessionSelector};
pub use revoke_all::{ScopeRevocationRequest, ScopeRevocationResult, ScopeRevoker};
pub use revoke_where::{FilterRevocationRequest, FilterRevoker, RevocationPreview, RevocationProgress};
pub use rotate::{RotatedSession, RotationRequest, RotationVerdict, TokenRotator};
pub use search_page::SearchPage;
pub use session_watch::{ObservedClients, SessionWatcher, SessionWatcherParts};
pub use sign_in::SignInEvaluator;
pub use stats::{StatsRequest, StatsResult};
pub use sweep::BucketSweeper;
pub use token_issuer::TokenIssuer;
pub use token_parser::TokenParser;
pub use token_presenter::{Presenter, TokenPresenter};
pub use touch::{SessionToucher, SessionUse};
pub use update::{SessionChanges, SessionUpdateRequest, SessionUpdater, UpdatedSession};
pub use validate::{TokenValidator, TokenVerdict, ValidatedSession, ValidationRequest, VerdictSource};
pub use webhooks::{
    DeadLetterPage, WebhookAdministration, WebhookProgressSummary, WebhookStatus, WebhookTest, WebhookTester,
};

/// The use cases of a node.
#[derive(Clone)]
pub struct UseCases {
    pub creator: Arc<SessionCreator>,
    pub validator: Arc<TokenValidator>,
    pub rotator: Arc<TokenRotator>,
    pub updater: Arc<SessionUpdater>,
    pub getter: Arc<SessionGetter>,
    pub toucher: Arc<SessionToucher>,
    pub lister: Arc<SessionLister>,
    pub revoker: Arc<SessionRevoker>,
    pub scope_revoker: Arc<ScopeRevoker>,
    pub filter_revoker: Arc<FilterRevoker>,
    pub acknowledger: Arc<AlertAcknowledger>,
    pub failure_reporter: Arc<FailureReporter>,
    pub eraser: Arc<UserEraser>,
    pub jwt_denier: Arc<JwtDenier>,
    pub denylist_checker: Arc<DenylistChecker>,
    pub audit_queries: Arc<AuditQueries>,
    pub sweeper: Arc<BucketSweeper>,
    pub activity_writer: Arc<ActivityWriter>,
    pub session_watcher: Arc<SessionWatcher>,
    pub rejected_token_watcher: Arc<RejectedTokenWatcher>,
    pub notifications: Arc<NotificationDispatcher>,
    pub link_answerer: Arc<LinkAnswerer>,
    pub webhooks: Arc<WebhookAdministration>,
}

/// Converts an error of the store to the error that the caller gets.
impl From<StoreError> for CallError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable { .. }
            | StoreError::Misconfigured { .. }
            | StoreError::NoResponse { .. }
            | StoreError::ClaimLost { .. } => Self::StoreUnavailable(error.into()),
            StoreError::ClockSkewed { .. } => Self::ClockSkewed(error.into()),
            StoreError::Binding { .. } => Self::StoreNotBound(error.into()),
            StoreError::PartiallyApplied { reached, total: of } => Self::PartiallyApplied { reached, total: of },
            StoreError::PartiallyDenied { reached, total } => Self::PartiallyDenied { reached, total },
            StoreError::DenylistFull { .. } => Self::DenylistFull,
            StoreError::RecordTooLarge { bytes, limit } => {
                FieldViolation::new("data", format!("makes the session {bytes} bytes in total (limit {limit})")).into()
            }
            StoreError::HandleCollision | StoreError::Corrupt { .. } => Self::Internal(error.into()),
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
            | AuditError::Forbidden { .. } => Self::AuditUnavailable(error.into()),
            AuditError::Refused { .. } | AuditError::Setting(_) => Self::Internal(error.into()),
        }
    }
}

impl From<EntropyError> for CallError {
    fn from(error: EntropyError) -> Self {
        Self::Internal(error.into())
    }
}
