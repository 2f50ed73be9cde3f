//! Errors of calls. `transport::grpc::status` is the one place that maps them to statuses on the wire.

use std::{borrow::Cow, time::Duration};

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

/// The reason why a call was not carried out. Nothing was changed unless the variant says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The named fields of the request are invalid.
    InvalidArgument(FieldViolations),
    /// No credentials were given, or none that are known and current.
    Unauthenticated(&'static str),
    /// The role or the tenants of the caller do not allow the call.
    PermissionDenied(String),
    /// There is no such active session, or the caller may not see it.
    SessionNotFound,
    /// The user has as many sessions as the policy allows, and the policy refuses more.
    SessionLimitReached { live: u32, limit: u32 },
    /// The `request_id` was used for a Create with another body.
    RequestIdReused,
    /// The `request_id` created a session that has ended since.
    RequestSessionEnded,
    /// The user's sessions were all revoked after the stated authentication.
    AuthenticationRevoked { revoked_at: UnixMillis },
    /// The session has another revision than the caller expects.
    RevisionConflict { current: u32 },
    /// Too many events wait for the audit database. No session is created while they exceed the limit, and none is
    /// changed, or ended by criteria, while they exceed half of it.
    AuditBacklogFull,
    /// The installation has no audit database, which the call would query.
    AuditDisabled,
    /// The audit database did not respond, or not in time, or does not have the form that this release needs. A change
    /// may have been made in part; a retry is safe.
    AuditUnavailable(String),
    /// No verdict: the token was signed with a key that other nodes use and this node does not have.
    TokenKeyMissing(u8),
    /// The audit database is an older copy of itself, so its results would be wrong. An operator must act.
    AuditRolledBack(String),
    /// More sessions match than the caller allows the call to end.
    TooManyMatches { matched: u64, allowed: u64 },
    /// The server is working at its capacity.
    Overloaded,
    /// The caller already uses its share of the server's capacity.
    CallerLimitReached,
    /// The caller makes more calls of this kind in a second than it may. Nothing was started.
    CallerRateExceeded { retry_after: Duration },
    /// The maximum number of logins of this user is already waiting.
    LoginQueueFull,
    /// The message of the call did not arrive in time. Nothing was started.
    RequestNotReceived {
        limit: Duration,
        /// True if the caller's own deadline set the limit.
        is_caller_deadline: bool,
    },
    /// The request exceeds the size limit of a message, in bytes.
    MessageTooLarge { limit: usize },
    /// The caller revokes the sessions of the same tenant, or of everyone, more often than it may.
    RateLimited { retry_after: Duration },
    /// The stream was read too slowly and is ended. The messages that it missed are not lost.
    SlowConsumer,
    /// The client did not read the responses of a stream for `limit`, so the stream was ended. Responses already given
    /// stand.
    ResponsesUnread { limit: Duration },
    /// This node is shutting down; another one can take the call.
    ShuttingDown,
    /// No verdict: the store did not respond, or not in time. A change may or may not have been made; a retry is safe.
    StoreUnavailable(String),
    /// No verdict, and nothing was changed: this node's clock is too far from the store's. Another node may succeed.
    ClockSkewed(String),
    /// No verdict, and nothing was changed: the store was emptied, or it belongs to another installation. An operator
    /// must act.
    StoreNotBound(String),
    /// A mass revocation has reached only a part of the store. It continues by itself; a retry reports when it is done.
    PartiallyApplied { reached: u16, total: u16 },
    /// The denylist has no room for more. JWTs of the same call may have been denied; a retry is safe.
    DenylistFull,
    /// JWTs were denied in only a part of the store. A retry denies the others.
    PartiallyDenied { reached: u16, total: u16 },
    /// The method is part of the contract and not implemented yet.
    Unimplemented(&'static str),
    /// A defect of this service or of its stored data.
    Internal(String),
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
