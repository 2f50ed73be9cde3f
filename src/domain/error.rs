//! Everything that can keep a call from being carried out. What each becomes on the wire is decided in
//! one place, `transport::grpc::status`.

use std::{borrow::Cow, time::Duration};

use super::{limits::MAX_VIOLATIONS, time::UnixMillis};

/// One field of a request that is not as it must be.
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

    /// The same, of a field of the message in the field `outer`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self { field: Cow::Owned(format!("{outer}.{}", self.field)), ..self }
    }
}

/// All that is wrong with a request, so that its author can mend it in one go: the first
/// [`MAX_VIOLATIONS`] of them, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldViolations {
    listed: Vec<FieldViolation>,
    omitted: usize,
}

impl FieldViolations {
    /// Notes the violation, or passes the value on.
    pub fn check<T>(&mut self, checked: Result<T, FieldViolation>) -> Option<T> {
        checked.map_err(|violation| self.add(violation)).ok()
    }

    /// Notes what another check found.
    pub fn check_all<T>(&mut self, checked: Result<T, Self>) -> Option<T> {
        checked
            .map_err(|violations| {
                self.omitted += violations.omitted;
                violations.listed.into_iter().for_each(|violation| self.add(violation));
            })
            .ok()
    }

    /// `Ok` when nothing was noted.
    pub fn into_result(self) -> Result<(), Self> {
        if self.listed.is_empty() { Ok(()) } else { Err(self) }
    }

    pub fn iter(&self) -> impl Iterator<Item = &FieldViolation> {
        self.listed.iter()
    }

    /// How many there are besides those of [`FieldViolations::iter`].
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.omitted
    }

    /// The same, of fields of the message in the field `outer`.
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

/// Why a call was not carried out. Nothing was changed unless the variant says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The request is wrong in the fields named.
    InvalidArgument(FieldViolations),
    /// No credentials, or none that are known and current.
    Unauthenticated(&'static str),
    /// The caller's role or tenants do not allow it.
    PermissionDenied(String),
    /// There is no such live session, or it is not the caller's to see.
    SessionNotFound,
    /// The user has as many sessions as the policy allows, and the policy refuses more.
    SessionLimitReached { live: u32, limit: u32 },
    /// The `request_id` was used for a Create with another body.
    RequestIdReused,
    /// The `request_id` made a session that has ended since.
    RequestSessionEnded,
    /// All of the user's sessions were revoked after the stated authentication.
    AuthenticationRevoked { revoked_at: UnixMillis },
    /// The session is at another revision than the caller thinks.
    RevisionConflict { current: u32 },
    /// Too many events wait for the audit database; no session is made until it catches up, and none is changed, or ended
    /// by criteria, until half of that is gone.
    AuditBacklogFull,
    /// The installation keeps no audit, and this looks into it.
    AuditDisabled,
    /// The audit database did not answer, or not in time, or is not as this release needs it. For a change: a part of
    /// it may have been made; repeating it is safe.
    AuditUnavailable(String),
    /// No verdict: the token was made with a key that other nodes use and this one does not have.
    TokenKeyMissing(u8),
    /// The audit database is an older copy of what it was, so that its answers would be wrong. An operator must act.
    AuditRolledBack(String),
    /// More sessions match than the caller allows to be ended.
    TooManyMatches { matched: u64, allowed: u64 },
    /// The server has as much to do as it can.
    Overloaded,
    /// The caller has its share of what the server can do at a time.
    CallerLimitReached,
    /// As many logins of this user wait for their turn as may.
    LoginQueueFull,
    /// The message of the call did not arrive in time. Nothing was begun.
    RequestNotReceived {
        limit: Duration,
        /// Whether the caller's own deadline set the limit.
        is_caller_deadline: bool,
    },
    /// The request is larger than a message may be, in bytes.
    MessageTooLarge { limit: usize },
    /// The caller signs the same tenant, or everyone, out more often than it may.
    RateLimited { retry_after: Duration },
    /// The stream was read too slowly and is cut; nothing that it missed is lost.
    SlowConsumer,
    /// The client did not read the responses of a stream for `limit`, so that the stream was cut. What was answered
    /// stands.
    ResponsesUnread { limit: Duration },
    /// This node ends; another one answers.
    ShuttingDown,
    /// No verdict: the store did not answer, or not in time. For a change: it may or may not have
    /// been made; repeating it is safe.
    StoreUnavailable(String),
    /// No verdict, and nothing was changed: this node's clock is too far from the store's. Another node may answer.
    ClockSkewed(String),
    /// No verdict, and nothing was changed: the store was emptied, or it is not this installation's. An operator must act.
    StoreNotBound(String),
    /// A mass revocation has reached a part of the store only. It goes on by itself; a repetition says when it is done.
    PartiallyApplied { reached: u16, total: u16 },
    /// The method is part of the contract and not served yet.
    Unimplemented(&'static str),
    /// A defect of this service or of what it stored.
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
