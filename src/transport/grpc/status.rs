//! Every error of the domain as a gRPC status: the one place that decides.
//!
//! The message is fixed text that says what to do; what went wrong underneath is for the log. Every status
//! carries `google.rpc.ErrorInfo` with the domain `session.v1`, and where it helps `BadRequest` or
//! `RetryInfo`.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::{answer::duration, call::Call, throttle::Throttle};
use crate::{
    api::{ErrorReason, ValidateFailure},
    authority::permissions::{self, Method, permit},
    domain::{Error, Violations},
};

const DOMAIN: &str = "session.v1";

/// What an error becomes on the wire.
struct Wire {
    code: Code,
    reason: ErrorReason,
    message: String,
    metadata: HashMap<String, String>,
    retry_after: Option<Duration>,
}

impl Wire {
    fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), metadata: HashMap::new(), retry_after: None }
    }

    fn with(mut self, key: &str, value: &impl ToString) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    fn failure(self) -> ValidateFailure {
        ValidateFailure {
            code: self.code.into(),
            reason: self.reason.into(),
            message: self.message,
            field: String::new(),
            retry_after: self.retry_after.map(duration),
        }
    }

    fn details(&self) -> ErrorDetails {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason_name(self.reason), DOMAIN, self.metadata.clone());
        if self.retry_after.is_some() {
            details.set_retry_info(self.retry_after);
        }
        details
    }
}

/// The status of `error`.
#[must_use]
pub fn of(error: &Error) -> Status {
    status(error, wire(error))
}

/// As [`failed`], with one more entry in the metadata of `ErrorInfo`.
pub(super) fn failed_with(error: &Error, key: &str, value: &impl ToString) -> Status {
    log(error);
    status(error, wire(error).with(key, value))
}

fn status(error: &Error, wire: Wire) -> Status {
    let mut details = wire.details();
    if let Error::Invalid(violations) = error {
        for violation in violations.iter() {
            details.add_bad_request_violation(violation.field.as_ref(), violation.description.as_ref());
        }
    }
    Status::with_error_details(wire.code, wire.message, details)
}

/// The status of a call to what is not in the contract.
pub(super) fn unknown_method() -> Status {
    let message = "there is no such method; reflection tells which there are";
    bare(Code::Unimplemented, ErrorReason::MethodNotServed, message)
}

/// The status of a call whose time ran out.
pub(super) fn deadline_exceeded() -> Status {
    let message = "the call took longer than its deadline; a change may or may not have been made";
    bare(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
}

/// The status, with its reason, of a call to a method of the contract that failed before it reached the
/// method: its message could not be read. `None` when `status` says why already.
pub(super) fn unreadable(status: &Status) -> Option<Status> {
    let (code, reason) = match status.code() {
        _ if !status.details().is_empty() => return None,
        Code::OutOfRange => (Code::OutOfRange, ErrorReason::MessageTooLarge),
        Code::Unimplemented => (Code::Unimplemented, ErrorReason::CompressionNotSupported),
        // What cannot be decoded is called internal by the library, and is the caller's fault.
        Code::Internal => (Code::InvalidArgument, ErrorReason::MalformedRequest),
        _ => return None,
    };
    Some(bare(code, reason, status.message()))
}

fn bare(code: Code, reason: ErrorReason, message: &str) -> Status {
    let wire = Wire::new(code, reason, message);
    let details = wire.details();
    Status::with_error_details(wire.code, wire.message, details)
}

/// While the store is down every call fails alike: the log is told every few seconds.
static STORE_OUTAGE: Throttle = Throttle::new(Duration::from_secs(5));

/// The same of the audit database.
static AUDIT_OUTAGE: Throttle = Throttle::new(Duration::from_secs(5));

/// What a use case answered, as tonic wants it. The log gets here what the caller does not.
pub(super) fn answer<T>(outcome: Result<T, Error>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(|error| failed(&error))
}

/// The status of `error`, which is logged on the way.
pub(super) fn failed(error: &Error) -> Status {
    log(error);
    of(error)
}

fn log(error: &Error) {
    match error {
        Error::Internal(detail) => tracing::error!(detail, "a call failed unexpectedly"),
        Error::StoreNotBound(detail) if STORE_OUTAGE.passes() => {
            tracing::error!(detail, "the session store must not be used; calls fail as UNAVAILABLE");
        }
        Error::StoreUnavailable(detail) if STORE_OUTAGE.passes() => {
            tracing::warn!(detail, "the session store does not answer; calls fail as UNAVAILABLE");
        }
        Error::StoreUnavailable(detail) => tracing::debug!(detail, "the session store did not answer"),
        Error::AuditUnavailable(detail) if AUDIT_OUTAGE.passes() => {
            tracing::warn!(detail, "the audit database does not answer; calls that look into it fail as UNAVAILABLE");
        }
        Error::AuditUnavailable(detail) => tracing::debug!(detail, "the audit database did not answer"),
        _ => (),
    }
}

/// What of a call's failure is told where the call is one of many on a stream. The log gets the rest here.
pub(super) fn failure(error: &Error) -> ValidateFailure {
    log(error);
    let field = match error {
        Error::Invalid(violations) => violations.iter().next().map(|first| first.field.to_string()),
        _ => None,
    };
    ValidateFailure { field: field.unwrap_or_default(), ..wire(error).failure() }
}

/// As [`deadline_exceeded`], of a call that is one of many on a stream.
pub(super) fn late() -> ValidateFailure {
    let message = "the check took longer than a call may; repeat it";
    Wire::new(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, message).failure()
}

/// The answer of a method that is yet to come, to those who may call it.
pub(super) fn not_served<Q, T>(request: &Request<Q>, method: Method) -> Result<Response<T>, Status> {
    let permitted = Call::of(request).and_then(|call| permit(&call.caller, method));
    answer(permitted.and_then(|()| Err(Error::NotServed(permissions::path(method)))))
}

#[expect(clippy::too_many_lines, reason = "one table, which is read as a whole")]
fn wire(error: &Error) -> Wire {
    match error {
        Error::Invalid(violations) => Wire::new(Code::InvalidArgument, ErrorReason::InvalidField, sentence(violations)),
        Error::Unauthenticated(why) => {
            Wire::new(Code::Unauthenticated, ErrorReason::CallerUnauthenticated, *why)
        }
        Error::PermissionDenied(why) => Wire::new(Code::PermissionDenied, ErrorReason::CallerNotAllowed, why),
        Error::SessionNotFound => {
            Wire::new(Code::NotFound, ErrorReason::SessionNotFound, "there is no such live session")
        }
        Error::SessionLimitReached { live, limit } => Wire::new(
            Code::FailedPrecondition,
            ErrorReason::SessionLimitReached,
            format!("the user has {live} sessions and the policy allows {limit}; end one first"),
        )
        .with("live", live)
        .with("limit", limit),
        Error::RequestIdReused => Wire::new(
            Code::AlreadyExists,
            ErrorReason::RequestIdReused,
            "this request_id was used for a request with another body; use a new one",
        ),
        Error::RequestSessionEnded => Wire::new(
            Code::FailedPrecondition,
            ErrorReason::RequestSessionEnded,
            "the session made for this request_id has ended; sign in again with a new one",
        ),
        Error::AuthenticationRevoked { revoked_at } => Wire::new(
            Code::FailedPrecondition,
            ErrorReason::AuthenticationRevoked,
            "all sessions of this user were revoked after this authentication; authenticate again",
        )
        .with("revoked_at", revoked_at),
        Error::RevisionConflict { current } => Wire::new(
            Code::Aborted,
            ErrorReason::RevisionConflict,
            format!("the session is at revision {current}; read it and decide again"),
        )
        .with("revision", current),
        Error::AuditBacklogFull => Wire::new(
            Code::ResourceExhausted,
            ErrorReason::AuditBacklogFull,
            "too many events wait for the audit database; no session is started or changed until it has caught up",
        )
        .retry_after(Duration::from_secs(5)),
        Error::AuditDisabled => Wire::new(
            Code::FailedPrecondition,
            ErrorReason::AuditDisabled,
            "this installation keeps no audit, which this call reads; to have one, set `audit.url` to a database",
        ),
        Error::AuditUnavailable(_) => Wire::new(
            Code::Unavailable,
            ErrorReason::AuditUnavailable,
            "the audit database did not answer, or not as asked, and the server's log says why; sessions go on without it: \
             repeat the call when that is mended, a stream from its latest cursor",
        )
        .retry_after(Duration::from_secs(1)),
        Error::TokenKeyMissing(id) => Wire::new(
            Code::Unavailable,
            ErrorReason::TokenKeyMissing,
            "other nodes use the key that this token names, and this one does not have it; there is no verdict: repeat the \
             call, another node may answer, and give all nodes the same `keys.token`",
        )
        .with("key_id", id)
        .retry_after(Duration::from_millis(250)),
        Error::AuditWentBack(_) => Wire::new(
            Code::Unavailable,
            ErrorReason::AuditWentBack,
            "the audit database is an older copy of what it was and misses what happened since, so it is not asked: an \
             operator has to act, and the server's log says how",
        )
        .retry_after(Duration::from_secs(5)),
        Error::TooManyMatches { matched, allowed } => Wire::new(
            Code::FailedPrecondition,
            ErrorReason::TooManyMatches,
            format!("{matched} sessions match and max_count allows {allowed}; narrow the filter, or raise max_count"),
        )
        .with("matched_count", matched),
        Error::Overloaded => Wire::new(
            Code::ResourceExhausted,
            ErrorReason::Overloaded,
            "the server has as much to do as it can; try again later",
        )
        .retry_after(Duration::from_secs(1)),
        Error::CallerShareUsed => Wire::new(
            Code::ResourceExhausted,
            ErrorReason::CallerShareUsed,
            "this caller has as many calls under way as its share allows; wait for some to be answered, or spread them",
        )
        .retry_after(Duration::from_secs(1)),
        Error::LoginQueueFull => Wire::new(
            Code::ResourceExhausted,
            ErrorReason::LoginQueueFull,
            "too many logins of this user are under way at once; repeat the call",
        )
        .retry_after(Duration::from_secs(1)),
        Error::RequestNotReceived { limit, is_callers } => {
            let remedy = if *is_callers {
                "or give the call more time (`grpc-timeout`)"
            } else {
                "or raise `server.message_timeout`"
            };
            Wire::new(
                Code::DeadlineExceeded,
                ErrorReason::RequestNotReceived,
                format!(
                    "the message of this call did not arrive within {limit:?} of its headers, and nothing was begun; send \
                     the message at once and end the request, {remedy}"
                ),
            )
        }
        Error::MessageTooLarge { limit } => Wire::new(
            Code::OutOfRange,
            ErrorReason::MessageTooLarge,
            format!("the request is larger than one message of {limit} bytes; send less, or raise `server.max_message_size`"),
        ),
        Error::TooFrequent { retry_after } => Wire::new(
            Code::ResourceExhausted,
            ErrorReason::Overloaded,
            "this tenant, or everyone, is signed out too often; nothing was changed, repeat it later",
        )
        .retry_after(*retry_after),
        Error::SlowConsumer => Wire::new(
            Code::ResourceExhausted,
            ErrorReason::SlowConsumer,
            "the stream was read too slowly; resume from the from_cursor of the gap, and read faster",
        ),
        Error::ResponsesUnread { limit } => Wire::new(
            Code::ResourceExhausted,
            ErrorReason::SlowConsumer,
            format!(
                "the client read no response for {limit:?}, so the stream was ended; read while you send, and repeat the \
                 requests that have no response"
            ),
        ),
        Error::ShuttingDown => Wire::new(
            Code::Unavailable,
            ErrorReason::ShuttingDown,
            "this node is shutting down; repeat on another connection, a stream from its latest cursor",
        ),
        Error::StoreUnavailable(_) => Wire::new(
            Code::Unavailable,
            ErrorReason::StoreUnavailable,
            "the session store did not answer; there is no verdict, and a change may or may not have been made: repeat it",
        )
        .retry_after(Duration::from_millis(250)),
        Error::ClockSkewed(_) => Wire::new(
            Code::Unavailable,
            ErrorReason::ClockSkewed,
            "this node's clock is too far from the session store's; there is no verdict, and nothing was changed: repeat \
             the call, another node may answer",
        )
        .retry_after(Duration::from_millis(250)),
        Error::StoreNotBound(_) => Wire::new(
            Code::Unavailable,
            ErrorReason::StoreNotBound,
            "the session store was emptied, or it belongs to another installation; there is no verdict, and nothing was \
             changed: an operator has to act, and the server's log says how",
        )
        .retry_after(Duration::from_secs(5)),
        Error::PartlyApplied { reached, of } => Wire::new(
            Code::Unavailable,
            ErrorReason::PartlyApplied,
            format!("{reached} of {of} parts of the store were reached; repeat with the same operation_id"),
        )
        .retry_after(Duration::from_millis(250)),
        Error::NotServed(what) => Wire::new(
            Code::Unimplemented,
            ErrorReason::MethodNotServed,
            format!("{what} is part of the contract and not served by this release"),
        ),
        Error::Internal(_) => Wire::new(
            Code::Internal,
            ErrorReason::Internal,
            "something unexpected happened; the server's log has it under this x-request-id",
        ),
    }
}

fn sentence(violations: &Violations) -> String {
    let mut parts: Vec<_> = violations.iter().map(|v| format!("{} {}", v.field, v.description)).collect();
    if violations.more() > 0 {
        parts.push(format!("and {} more", violations.more()));
    }
    parts.join("; ")
}

fn reason_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{UnixMillis, Violation};

    #[test]
    fn every_error_has_its_code_reason_and_details() {
        let invalid = Error::from(Violation::new("user_id", "is required"));
        let revoked = Error::AuthenticationRevoked { revoked_at: UnixMillis::new(0) };
        let table = [
            (invalid, Code::InvalidArgument, "INVALID_FIELD", false),
            (Error::Unauthenticated("who?"), Code::Unauthenticated, "CALLER_UNAUTHENTICATED", false),
            (Error::PermissionDenied("no".into()), Code::PermissionDenied, "CALLER_NOT_ALLOWED", false),
            (Error::SessionNotFound, Code::NotFound, "SESSION_NOT_FOUND", false),
            (
                Error::SessionLimitReached { live: 5, limit: 5 },
                Code::FailedPrecondition,
                "SESSION_LIMIT_REACHED",
                false,
            ),
            (Error::RequestIdReused, Code::AlreadyExists, "REQUEST_ID_REUSED", false),
            (Error::RequestSessionEnded, Code::FailedPrecondition, "REQUEST_SESSION_ENDED", false),
            (revoked, Code::FailedPrecondition, "AUTHENTICATION_REVOKED", false),
            (Error::RevisionConflict { current: 3 }, Code::Aborted, "REVISION_CONFLICT", false),
            (Error::AuditBacklogFull, Code::ResourceExhausted, "AUDIT_BACKLOG_FULL", true),
            (Error::AuditDisabled, Code::FailedPrecondition, "AUDIT_DISABLED", false),
            (Error::AuditUnavailable("secret host".into()), Code::Unavailable, "AUDIT_UNAVAILABLE", true),
            (Error::TokenKeyMissing(2), Code::Unavailable, "TOKEN_KEY_MISSING", true),
            (Error::AuditWentBack("secret host".into()), Code::Unavailable, "AUDIT_WENT_BACK", true),
            (Error::TooManyMatches { matched: 7, allowed: 5 }, Code::FailedPrecondition, "TOO_MANY_MATCHES", false),
            (Error::Overloaded, Code::ResourceExhausted, "OVERLOADED", true),
            (Error::TooFrequent { retry_after: Duration::from_secs(1) }, Code::ResourceExhausted, "OVERLOADED", true),
            (Error::SlowConsumer, Code::ResourceExhausted, "SLOW_CONSUMER", false),
            (
                Error::ResponsesUnread { limit: Duration::from_secs(10) },
                Code::ResourceExhausted,
                "SLOW_CONSUMER",
                false,
            ),
            (Error::ShuttingDown, Code::Unavailable, "SHUTTING_DOWN", false),
            (Error::CallerShareUsed, Code::ResourceExhausted, "CALLER_SHARE_USED", true),
            (Error::LoginQueueFull, Code::ResourceExhausted, "LOGIN_QUEUE_FULL", true),
            (
                Error::RequestNotReceived { limit: Duration::ZERO, is_callers: false },
                Code::DeadlineExceeded,
                "REQUEST_NOT_RECEIVED",
                false,
            ),
            (Error::MessageTooLarge { limit: 1 }, Code::OutOfRange, "MESSAGE_TOO_LARGE", false),
            (Error::StoreUnavailable("secret host".into()), Code::Unavailable, "STORE_UNAVAILABLE", true),
            (Error::ClockSkewed("secret host".into()), Code::Unavailable, "CLOCK_SKEWED", true),
            (Error::StoreNotBound("secret host".into()), Code::Unavailable, "STORE_NOT_BOUND", true),
            (Error::PartlyApplied { reached: 1, of: 256 }, Code::Unavailable, "PARTLY_APPLIED", true),
            (Error::NotServed("Rotate"), Code::Unimplemented, "METHOD_NOT_SERVED", false),
            (Error::Internal("secret detail".into()), Code::Internal, "INTERNAL", false),
        ];
        for (error, code, reason, retries) in table {
            let status = of(&error);
            let details = status.get_error_details();
            let info = details.error_info().expect("every status has ErrorInfo");
            assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, DOMAIN));
            assert_eq!(details.retry_info().is_some(), retries, "{reason}");
            assert!(!status.message().is_empty() && !status.message().contains("secret"), "{reason}");
        }
    }

    #[test]
    fn a_bad_request_names_every_field() {
        let mut violations = Violations::default();
        violations.take::<()>(Err(Violation::new("user_id", "is required")));
        violations.take::<()>(Err(Violation::new("client.ip", "is not an address")));
        let status = of(&violations.into());
        assert_eq!(status.message(), "user_id is required; client.ip is not an address");
        let details = status.get_error_details();
        let fields: Vec<_> =
            details.bad_request().expect("bad request").field_violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["user_id", "client.ip"]);
    }

    #[test]
    fn a_bad_request_does_not_grow_without_bound() {
        let mut violations = Violations::default();
        for _ in 0..40 {
            violations.take::<()>(Err(Violation::new("roles", "is wrong")));
        }
        let mut both = Violations::default();
        both.take_all::<()>(Err(violations.clone()));
        both.take_all::<()>(Err(violations));
        let status = of(&both.into());
        assert!(status.message().ends_with("roles is wrong; and 48 more"), "{}", status.message());
        let details = status.get_error_details();
        assert_eq!(details.bad_request().expect("bad request").field_violations.len(), 32);
    }
}
