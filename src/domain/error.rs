//! Errors of the use cases. `transport::grpc::status` is the one place that maps them to statuses on the wire.

use std::{borrow::Cow, error::Error, fmt, ops::Deref, sync::Arc, time::Duration};

use super::time::UnixMillis;

/// Violations that are listed for one request; the others are only counted.
const MAX_VIOLATIONS: usize = 32;

/// An invalid field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field in the request message: `client.ip`.
    pub field: Cow<'static, str>,
    /// Completes the sentence that begins with the field's name: "is required".
    pub description: Cow<'static, str>,
}

impl FieldViolation {
    pub fn new(field: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Cow::Borrowed(field), description: description.into() }
    }

    /// Returns the same violation for a field of the message in the field `outer`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self { field: Cow::Owned(format!("{outer}.{}", self.field)), ..self }
    }
}

/// The violations of a request, collected so that its author can correct them all at once: the first
/// `MAX_VIOLATIONS`, and the number of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldViolations {
    listed: Vec<FieldViolation>,
    omitted: usize,
}

impl FieldViolations {
    /// Returns the value, or adds the violation and returns `None`.
    pub fn check<T>(&mut self, checked: Result<T, FieldViolation>) -> Option<T> {
        checked.map_err(|violation| self.add(violation)).ok()
    }

    /// Returns the value, or adds the violations of another check and returns `None`.
    pub fn check_all<T>(&mut self, checked: Result<T, Self>) -> Option<T> {
        checked
            .map_err(|violations| {
                self.omitted += violations.omitted;
                violations.listed.into_iter().for_each(|violation| self.add(violation));
            })
            .ok()
    }

    /// Returns `Ok` if there are no violations.
    pub fn into_result(self) -> Result<(), Self> {
        if self.listed.is_empty() { Ok(()) } else { Err(self) }
    }

    pub fn iter(&self) -> impl Iterator<Item = &FieldViolation> {
        self.listed.iter()
    }

    /// Returns the number of violations that [`FieldViolations::iter`] omits.
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.omitted
    }

    /// Returns the same violations for fields of the message in the field `outer`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self { listed: self.listed.into_iter().map(|violation| violation.within(outer)).collect(), ..self }
    }

    fn add(&mut self, violation: FieldViolation) {
        if self.listed.len() < MAX_VIOLATIONS {
            self.listed.push(violation);
        } else {
            self.omitted += 1;
        }
    }
}

impl From<FieldViolation> for FieldViolations {
    fn from(violation: FieldViolation) -> Self {
        Self { listed: vec![violation], omitted: 0 }
    }
}

/// The cause of an error, for the log. Callers do not receive it. Causes are equal if their texts are.
#[derive(Clone, Debug)]
pub struct ErrorSource(Arc<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for ErrorSource {
    fn from(cause: E) -> Self {
        Self(Arc::from(cause.into()))
    }
}

impl fmt::Display for ErrorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for ErrorSource {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for ErrorSource {}

impl Deref for ErrorSource {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

/// The reason why a use case was not carried out. Nothing was changed unless the variant says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("the request has invalid fields")]
    InvalidArgument(FieldViolations),
    /// No credentials were given, or none that are known and current.
    #[error("the caller is not authenticated: {0}")]
    Unauthenticated(&'static str),
    /// The role or the tenants of the caller do not allow the call.
    #[error("the caller may not make this call: {0}")]
    PermissionDenied(String),
    /// There is no such active session, or the caller may not see it.
    #[error("no active session has this ID")]
    SessionNotFound,
    /// There is no such alert, or the caller may not see it.
    #[error("no alert has this ID")]
    AlertNotFound,
    /// The alert is not about one user, so there is nobody whom it could have been.
    #[error("the alert is not about a user")]
    AlertWithoutUser,
    #[error("the alert already has another answer")]
    AlertAlreadyAnswered {
        /// Set if the answer is that it was the user.
        was_me: bool,
    },
    /// The installation queues no notifications.
    #[error("notifications are disabled")]
    NotificationsDisabled,
    /// The token is not that of a link of this installation.
    #[error("the link is not valid")]
    AlertLinkInvalid,
    #[error("the link has expired")]
    AlertLinkExpired,
    #[error("no webhook has this name")]
    WebhookNotFound,
    #[error("a webhook has this name already")]
    WebhookExists,
    /// The endpoint is in the configuration, which calls do not change.
    #[error("the webhook is in the configuration")]
    WebhookInConfiguration,
    #[error("the installation has the maximum number of webhooks")]
    TooManyWebhooks,
    /// The policy refuses more sessions than its limit.
    #[error("the user has {live} sessions, and the policy allows {limit}")]
    SessionLimitReached { live: u32, limit: u32 },
    #[error("the request_id was used for a Create with another body")]
    RequestIdReused,
    #[error("the session created for this request_id has ended")]
    RequestSessionEnded,
    #[error("all sessions of the user were revoked at {revoked_at}, after the stated authentication")]
    AuthenticationRevoked { revoked_at: UnixMillis },
    /// The caller expects another revision.
    #[error("the session is at revision {current}")]
    RevisionConflict { current: u32 },
    /// Too many events wait for the audit database. No session is created while they exceed the limit, and none is
    /// changed, or ended by criteria, while they exceed half of it.
    #[error("the audit backlog is full")]
    AuditBacklogFull,
    /// The call would query the audit database, which the installation does not have.
    #[error("no audit database is configured")]
    AuditDisabled,
    /// The audit database did not respond, or not in time, or does not have the form that this release needs. A change
    /// may have been made in part; a retry is safe.
    #[error("the audit database is unavailable")]
    AuditUnavailable(#[source] ErrorSource),
    /// No verdict: the token was signed with a key that other nodes use and this node does not have.
    #[error("this node does not have token key {0}")]
    TokenKeyMissing(u8),
    /// The audit database is an older copy of itself, so its results would be wrong. An operator must act.
    #[error("the audit database was rolled back: {0}")]
    AuditRolledBack(String),
    /// More sessions match than the caller allows the call to end.
    #[error("{matched} sessions match, and {allowed} are allowed")]
    TooManyMatches { matched: u64, allowed: u64 },
    /// The maximum number of logins of this user is already waiting.
    #[error("too many logins of the user are waiting")]
    LoginQueueFull,
    /// The caller revokes the sessions of the same tenant, or of everyone, more often than it may.
    #[error("too many mass revocations of the same scope")]
    RateLimited { retry_after: Duration },
    /// No verdict: the store did not respond, or not in time. A change may or may not have been made; a retry is safe.
    #[error("the session store is unavailable")]
    StoreUnavailable(#[source] ErrorSource),
    /// No verdict, and nothing was changed: this node's clock is too far from the store's. Another node may succeed.
    #[error("this node's clock differs too much from the session store's")]
    ClockSkewed(#[source] ErrorSource),
    /// No verdict, and nothing was changed: the store was emptied, or it belongs to another installation. An operator
    /// must act.
    #[error("the session store is not bound to this installation")]
    StoreNotBound(#[source] ErrorSource),
    /// A mass revocation has reached only a part of the store. It continues by itself; a retry reports when it is done.
    #[error("the revocation has reached {reached} of {total} partitions of the store")]
    PartiallyApplied { reached: u16, total: u16 },
    /// The denylist has no room for more. JWTs of the same call may have been denied; a retry is safe.
    #[error("the denylist is full")]
    DenylistFull,
    /// JWTs were denied in only a part of the store. A retry denies the others.
    #[error("the denial has reached {reached} of {total} partitions of the store")]
    PartiallyDenied { reached: u16, total: u16 },
    /// A defect of this service or of its stored data.
    #[error("internal error")]
    Internal(#[source] ErrorSource),
}

impl From<FieldViolations> for CallError {
    fn from(violations: FieldViolations) -> Self {
        Self::InvalidArgument(violations)
    }
}

impl From<FieldViolation> for CallError {
    fn from(violation: FieldViolation) -> Self {
        Self::InvalidArgument(violation.into())
    }
}
