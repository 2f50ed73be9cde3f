//! Conversion of every error into a gRPC status, in one place.
//!
//! The message is fixed text that says what to do; the underlying cause is only logged. Every status carries
//! `google.rpc.ErrorInfo` with the domain `session.v1`, and `BadRequest` or `RetryInfo` where that helps.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::{response::duration, rpc_error::RpcError};
use crate::{
    api::{ErrorReason, ValidateFailure},
    domain::{CallError, FieldViolations},
    transport::throttle::LogThrottle,
};

const DOMAIN: &str = "session.v1";
const REASON_PREFIX: &str = "ERROR_REASON_";

/// The parts of a status on the wire.
struct StatusParts {
    code: Code,
    reason: ErrorReason,
    message: String,
    metadata: HashMap<String, String>,
    retry_after: Option<Duration>,
}

impl StatusParts {
    fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), metadata: HashMap::new(), retry_after: None }
    }

    fn with_metadata(mut self, key: &str, value: &impl ToString) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    fn into_validate_failure(self) -> ValidateFailure {
        ValidateFailure {
            code: self.code.into(),
            reason: self.reason.into(),
            message: self.message,
            field: String::new(),
            retry_after: self.retry_after.map(duration),
        }
    }

    fn to_error_details(&self) -> ErrorDetails {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason_name(self.reason), DOMAIN, self.metadata.clone());
        if self.retry_after.is_some() {
            details.set_retry_info(self.retry_after);
        }
        details
    }
}

/// Returns the status of `error`.
#[must_use]
pub fn from_error(error: &RpcError) -> Status {
    build_status(error, status_parts(error))
}

/// Same as [`log_and_convert`], with one more entry in the metadata of `ErrorInfo`.
pub(super) fn log_and_convert_with(error: &RpcError, key: &str, value: &impl ToString) -> Status {
    log_error(error);
    build_status(error, status_parts(error).with_metadata(key, value))
}

fn build_status(error: &RpcError, wire: StatusParts) -> Status {
    let mut details = wire.to_error_details();
    if let Some(violations) = error.violations() {
        for violation in violations.iter() {
            details.add_bad_request_violation(violation.field.as_ref(), violation.description.as_ref());
        }
    }
    Status::with_error_details(wire.code, wire.message, details)
}

/// Returns the status of a call to a method that is not in the contract.
pub(super) fn unknown_method() -> Status {
    let message = "unknown method; use server reflection to list the available methods";
    status_without_retry(Code::Unimplemented, ErrorReason::MethodNotServed, message)
}

/// Returns the status of a call whose deadline has passed.
pub(super) fn deadline_exceeded() -> Status {
    let message = "deadline exceeded; a change may or may not have been applied";
    status_without_retry(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
}

/// Returns a status with a reason for a call that failed before it reached its method, because its message could not be
/// read. Returns `None` if `status` already has a reason, or if it has another cause.
pub(super) fn explain_decode_failure(status: &Status) -> Option<Status> {
    let (code, reason) = match status.code() {
        _ if !status.details().is_empty() => return None,
        Code::OutOfRange => (Code::OutOfRange, ErrorReason::MessageTooLarge),
        Code::Unimplemented => (Code::Unimplemented, ErrorReason::CompressionNotSupported),
        // The library reports a message that cannot be decoded as internal, but the caller is at fault.
        Code::Internal => (Code::InvalidArgument, ErrorReason::MalformedRequest),
        _ => return None,
    };
    Some(status_without_retry(code, reason, status.message()))
}

fn status_without_retry(code: Code, reason: ErrorReason, message: &str) -> Status {
    let wire = StatusParts::new(code, reason, message);
    let details = wire.to_error_details();
    Status::with_error_details(wire.code, wire.message, details)
}

/// Throttles the log during an outage of the store, when every call fails for the same reason.
static STORE_OUTAGE: LogThrottle = LogThrottle::new(Duration::from_secs(5));

/// Throttles the log during an outage of the audit database.
static AUDIT_OUTAGE: LogThrottle = LogThrottle::new(Duration::from_secs(5));

/// Converts the outcome of a use case into a tonic result. The details that the caller does not receive are logged.
pub(super) fn into_grpc_result<T>(outcome: Result<T, impl Into<RpcError>>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(log_and_convert)
}

/// Logs `error` and returns its status.
pub(super) fn log_and_convert(error: impl Into<RpcError>) -> Status {
    let error = error.into();
    log_error(&error);
    from_error(&error)
}

/// Returns the code of the status of `error`.
pub(in crate::transport) fn code(error: &RpcError) -> Code {
    status_parts(error).code
}

/// Returns the reason and the message of the status of `error`.
pub(in crate::transport) fn describe(error: &RpcError) -> (String, String) {
    let parts = status_parts(error);
    (reason_name(parts.reason).to_owned(), parts.message)
}

/// Returns the delay after which a call that failed with `error` may be repeated, if the status advises one.
pub(in crate::transport) fn retry_delay(error: &RpcError) -> Option<Duration> {
    status_parts(error).retry_after
}

/// Logs the details of `error` that the caller does not receive.
pub(in crate::transport) fn log_error(error: &RpcError) {
    let RpcError::UseCase(error) = error else { return };
    match error {
        CallError::Internal(cause) => tracing::error!(detail = %cause, "call failed with an internal error"),
        CallError::StoreNotBound(cause) if STORE_OUTAGE.passes() => {
            tracing::error!(
                detail = %cause,
                "session store is not bound to this installation; calls fail with UNAVAILABLE"
            );
        }
        CallError::StoreUnavailable(cause) if STORE_OUTAGE.passes() => {
            tracing::warn!(detail = %cause, "session store unavailable; calls fail with UNAVAILABLE");
        }
        CallError::StoreUnavailable(cause) => tracing::debug!(detail = %cause, "session store request failed"),
        CallError::AuditUnavailable(cause) if AUDIT_OUTAGE.passes() => {
            tracing::warn!(detail = %cause, "audit database unavailable; calls that read it fail with UNAVAILABLE");
        }
        CallError::AuditUnavailable(cause) => tracing::debug!(detail = %cause, "audit database request failed"),
        _ => (),
    }
}

/// Returns the failure of one check on a stream, which lacks some details of a status. The details that the caller does
/// not receive are logged.
pub(super) fn validate_failure(error: &RpcError) -> ValidateFailure {
    log_error(error);
    let invalid = error.violations().and_then(|violations| violations.iter().next());
    let field = invalid.map(|violation| violation.field.to_string());
    ValidateFailure { field: field.unwrap_or_default(), ..status_parts(error).into_validate_failure() }
}

/// Same as [`deadline_exceeded`], for one check on a stream.
pub(super) fn check_deadline_exceeded() -> ValidateFailure {
    let message = "the check exceeded the time limit of a call; retry it";
    StatusParts::new(Code::DeadlineExceeded, ErrorReason::DeadlineExceeded, message).into_validate_failure()
}

fn status_parts(error: &RpcError) -> StatusParts {
    match error {
        RpcError::UseCase(error) => use_case_status_parts(error),
        RpcError::Overloaded => {
            StatusParts::new(Code::ResourceExhausted, ErrorReason::Overloaded, "the server is overloaded; retry later")
                .with_retry_after(Duration::from_secs(1))
        }
        RpcError::CallerLimitReached => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::CallerShareUsed,
            "this caller has reached its share of concurrent calls; wait for responses or spread the calls over time",
        )
        .with_retry_after(Duration::from_secs(1)),
        RpcError::CallerRateExceeded { retry_after } => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::CallerRateExceeded,
            "this caller makes too many calls of this kind in a second; spread them over time",
        )
        .with_retry_after(*retry_after),
        RpcError::RequestNotReceived { limit, is_caller_deadline: is_callers } => {
            let remedy = if *is_callers {
                "or give the call more time (`grpc-timeout`)"
            } else {
                "or raise `server.message_timeout`"
            };
            StatusParts::new(
                Code::DeadlineExceeded,
                ErrorReason::RequestNotReceived,
                format!(
                    "the request message did not arrive within {limit:?} of the headers; nothing was changed. Send the \
                     message immediately and half-close the request, {remedy}"
                ),
            )
        }
        RpcError::Malformed(detail) => {
            StatusParts::new(Code::InvalidArgument, ErrorReason::MalformedRequest, detail.clone())
        }
        RpcError::MessageTooLarge { limit } => StatusParts::new(
            Code::OutOfRange,
            ErrorReason::MessageTooLarge,
            format!("the request exceeds {limit} bytes; send a smaller message or raise `server.max_message_size`"),
        ),
        RpcError::SlowConsumer => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::SlowConsumer,
            "the client reads the stream too slowly; resume from the gap's from_cursor",
        ),
        RpcError::ResponsesUnread { limit } => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::SlowConsumer,
            format!(
                "the client read no response for {limit:?}, so the stream was closed; read responses while sending, \
                 and retry the unanswered requests"
            ),
        ),
        RpcError::ShuttingDown => StatusParts::new(
            Code::Unavailable,
            ErrorReason::ShuttingDown,
            "this node is shutting down; retry on another connection, and resume a stream from its latest cursor",
        ),
    }
}

#[expect(clippy::too_many_lines, reason = "one table, which is read as a whole")]
fn use_case_status_parts(error: &CallError) -> StatusParts {
    match error {
        CallError::InvalidArgument(violations) => {
            StatusParts::new(Code::InvalidArgument, ErrorReason::InvalidField, join_violations(violations))
        }
        CallError::Unauthenticated(why) => {
            StatusParts::new(Code::Unauthenticated, ErrorReason::CallerUnauthenticated, *why)
        }
        CallError::PermissionDenied(why) => {
            StatusParts::new(Code::PermissionDenied, ErrorReason::CallerNotAllowed, why)
        }
        CallError::SessionNotFound => {
            StatusParts::new(Code::NotFound, ErrorReason::SessionNotFound, "no active session with this ID")
        }
        CallError::AlertNotFound => StatusParts::new(
            Code::NotFound,
            ErrorReason::AlertNotFound,
            "no alert with this ID; an alert is found about a second after it was raised, for as long as it is retained",
        ),
        CallError::AlertWithoutUser => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::AlertWithoutUser,
            "the alert is not about one user; there is nothing to acknowledge",
        ),
        CallError::AlertAlreadyAnswered { was_me } => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::AlertAlreadyAnswered,
            "the alert already has another answer, which stays; to end sessions call Revoke or RevokeAll",
        )
        .with_metadata("verdict", &if *was_me { "WAS_ME" } else { "WAS_NOT_ME" }),
        CallError::NotificationsDisabled => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::NotificationsDisabled,
            "notifications are disabled; set `notifications.enabled`",
        ),
        CallError::AlertLinkInvalid => StatusParts::new(
            Code::NotFound,
            ErrorReason::AlertLinkInvalid,
            "the token is not that of a link of this installation; use the complete link",
        ),
        CallError::AlertLinkExpired => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::AlertLinkExpired,
            "the link has expired; answer the alert with AckAlert",
        ),
        CallError::WebhookNotFound => {
            StatusParts::new(Code::NotFound, ErrorReason::WebhookNotFound, "no webhook has this name")
        }
        CallError::WebhookExists => StatusParts::new(
            Code::AlreadyExists,
            ErrorReason::WebhookAlreadyExists,
            "a webhook has this name already; update it, or choose another name",
        ),
        CallError::WebhookInConfiguration => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::WebhookInConfiguration,
            "the webhook is in the configuration of the nodes; change it there",
        ),
        CallError::TooManyWebhooks => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::TooManyWebhooks,
            "the installation has the maximum number of webhooks; remove one first",
        ),
        CallError::SessionLimitReached { live, limit } => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::SessionLimitReached,
            format!("the user has {live} sessions and the policy allows {limit}; end one first"),
        )
        .with_metadata("live", live)
        .with_metadata("limit", limit),
        CallError::RequestIdReused => StatusParts::new(
            Code::AlreadyExists,
            ErrorReason::RequestIdReused,
            "this request_id was used for a different request; use a new one",
        ),
        CallError::RequestSessionEnded => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::RequestSessionEnded,
            "the session created for this request_id has ended; sign in again with a new request_id",
        ),
        CallError::AuthenticationRevoked { revoked_at } => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::AuthenticationRevoked,
            "all sessions of this user were revoked after this authentication; authenticate again",
        )
        .with_metadata("revoked_at", revoked_at),
        CallError::RevisionConflict { current } => StatusParts::new(
            Code::Aborted,
            ErrorReason::RevisionConflict,
            format!("the session is at revision {current}; read it and retry the update"),
        )
        .with_metadata("revision", current),
        CallError::AuditBacklogFull => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::AuditBacklogFull,
            "the audit backlog is full; sessions cannot be created or changed until the audit database has caught up",
        )
        .with_retry_after(Duration::from_secs(5)),
        CallError::AuditDisabled => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::AuditDisabled,
            "this call needs the audit database, which is not configured; set `audit.url`",
        ),
        CallError::AuditUnavailable(_) => StatusParts::new(
            Code::Unavailable,
            ErrorReason::AuditUnavailable,
            "the audit database is unavailable (details are in the server log); sessions are not affected. Retry \
             later; resume a stream from its latest cursor",
        )
        .with_retry_after(Duration::from_secs(1)),
        CallError::TokenKeyMissing(id) => StatusParts::new(
            Code::Unavailable,
            ErrorReason::TokenKeyMissing,
            "this node does not have the key of this token, so the token was not validated; retry, another node may \
             succeed. Configure the same `keys.token` on all nodes",
        )
        .with_metadata("key_id", id)
        .with_retry_after(Duration::from_millis(250)),
        CallError::AuditRolledBack(_) => StatusParts::new(
            Code::Unavailable,
            ErrorReason::AuditWentBack,
            "the audit database was restored from an older copy and lacks recent events, so it is not used; an \
             operator must act (instructions are in the server log)",
        )
        .with_retry_after(Duration::from_secs(5)),
        CallError::TooManyMatches { matched, allowed } => StatusParts::new(
            Code::FailedPrecondition,
            ErrorReason::TooManyMatches,
            format!("{matched} sessions match and max_count allows {allowed}; narrow the filter, or raise max_count"),
        )
        .with_metadata("matched_count", matched),
        CallError::LoginQueueFull => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::LoginQueueFull,
            "too many concurrent logins of this user; retry the call",
        )
        .with_retry_after(Duration::from_secs(1)),
        CallError::RateLimited { retry_after } => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::Overloaded,
            "too many mass revocations of this scope; nothing was changed, retry later",
        )
        .with_retry_after(*retry_after),
        CallError::StoreUnavailable(_) => StatusParts::new(
            Code::Unavailable,
            ErrorReason::StoreUnavailable,
            "the session store is unavailable; nothing was validated, and a change may or may not have been applied: \
             retry",
        )
        .with_retry_after(Duration::from_millis(250)),
        CallError::ClockSkewed(_) => StatusParts::new(
            Code::Unavailable,
            ErrorReason::ClockSkewed,
            "this node's clock differs too much from the session store's; nothing was validated or changed: retry, \
             another node may succeed",
        )
        .with_retry_after(Duration::from_millis(250)),
        CallError::StoreNotBound(_) => StatusParts::new(
            Code::Unavailable,
            ErrorReason::StoreNotBound,
            "the session store was emptied or belongs to another installation; nothing was validated or changed. An \
             operator must act (instructions are in the server log)",
        )
        .with_retry_after(Duration::from_secs(5)),
        CallError::PartiallyApplied { reached, total } => StatusParts::new(
            Code::Unavailable,
            ErrorReason::PartlyApplied,
            format!("{reached} of {total} store partitions were updated; retry with the same operation_id"),
        )
        .with_retry_after(Duration::from_millis(250)),
        CallError::DenylistFull => StatusParts::new(
            Code::ResourceExhausted,
            ErrorReason::DenylistFull,
            "the denylist is full: some of the JWTs may not be denied. Retry after others have expired, and issue JWTs \
             with shorter lifetimes",
        )
        .with_retry_after(Duration::from_mins(1)),
        CallError::PartiallyDenied { reached, total } => StatusParts::new(
            Code::Unavailable,
            ErrorReason::PartlyApplied,
            format!("some of the JWTs may not be denied: {reached} of {total} store partitions were updated; retry"),
        )
        .with_retry_after(Duration::from_millis(250)),
        CallError::Internal(_) => StatusParts::new(
            Code::Internal,
            ErrorReason::Internal,
            "internal error; see the server log for this x-request-id",
        ),
    }
}

/// Returns the HTTP status of a failure with this code, and with the reason of this name if the code alone does not
/// determine it.
pub(super) fn http_status(code: Code, reason: &str) -> u16 {
    match ErrorReason::from_str_name(&format!("{REASON_PREFIX}{reason}")) {
        Some(ErrorReason::RequestNotReceived) => return 408,
        // These concern the server and not only the caller.
        Some(ErrorReason::Overloaded | ErrorReason::AuditBacklogFull | ErrorReason::DenylistFull) => return 503,
        _ => {}
    }
    match code {
        Code::Ok => 200,
        Code::InvalidArgument => 400,
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound => 404,
        Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => 409,
        // Only a request that is too large has this code.
        Code::OutOfRange => 413,
        Code::ResourceExhausted => 429,
        Code::Cancelled => 499,
        Code::Unknown | Code::Internal | Code::DataLoss => 500,
        Code::Unimplemented => 501,
        Code::Unavailable => 503,
        Code::DeadlineExceeded => 504,
    }
}

fn join_violations(violations: &FieldViolations) -> String {
    let mut parts: Vec<_> = violations.iter().map(|v| format!("{} {}", v.field, v.description)).collect();
    if violations.omitted() > 0 {
        parts.push(format!("and {} more", violations.omitted()));
    }
    parts.join("; ")
}

fn reason_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix(REASON_PREFIX).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FieldViolation, UnixMillis};

    #[test]
    fn every_error_has_its_code_reason_and_details() {
        let invalid = CallError::from(FieldViolation::new("user_id", "is required"));
        let revoked = CallError::AuthenticationRevoked { revoked_at: UnixMillis::new(0) };
        let table = [
            (invalid.into(), Code::InvalidArgument, "INVALID_FIELD", false),
            (CallError::Unauthenticated("who?").into(), Code::Unauthenticated, "CALLER_UNAUTHENTICATED", false),
            (CallError::PermissionDenied("no".into()).into(), Code::PermissionDenied, "CALLER_NOT_ALLOWED", false),
            (CallError::SessionNotFound.into(), Code::NotFound, "SESSION_NOT_FOUND", false),
            (CallError::AlertNotFound.into(), Code::NotFound, "ALERT_NOT_FOUND", false),
            (CallError::AlertWithoutUser.into(), Code::FailedPrecondition, "ALERT_WITHOUT_USER", false),
            (
                CallError::AlertAlreadyAnswered { was_me: true }.into(),
                Code::FailedPrecondition,
                "ALERT_ALREADY_ANSWERED",
                false,
            ),
            (CallError::WebhookNotFound.into(), Code::NotFound, "WEBHOOK_NOT_FOUND", false),
            (CallError::WebhookExists.into(), Code::AlreadyExists, "WEBHOOK_ALREADY_EXISTS", false),
            (CallError::WebhookInConfiguration.into(), Code::FailedPrecondition, "WEBHOOK_IN_CONFIGURATION", false),
            (CallError::TooManyWebhooks.into(), Code::FailedPrecondition, "TOO_MANY_WEBHOOKS", false),
            (
                CallError::SessionLimitReached { live: 5, limit: 5 }.into(),
                Code::FailedPrecondition,
                "SESSION_LIMIT_REACHED",
                false,
            ),
            (CallError::RequestIdReused.into(), Code::AlreadyExists, "REQUEST_ID_REUSED", false),
            (CallError::RequestSessionEnded.into(), Code::FailedPrecondition, "REQUEST_SESSION_ENDED", false),
            (revoked.into(), Code::FailedPrecondition, "AUTHENTICATION_REVOKED", false),
            (CallError::RevisionConflict { current: 3 }.into(), Code::Aborted, "REVISION_CONFLICT", false),
            (CallError::AuditBacklogFull.into(), Code::ResourceExhausted, "AUDIT_BACKLOG_FULL", true),
            (CallError::AuditDisabled.into(), Code::FailedPrecondition, "AUDIT_DISABLED", false),
            (CallError::AuditUnavailable("secret host".into()).into(), Code::Unavailable, "AUDIT_UNAVAILABLE", true),
            (CallError::TokenKeyMissing(2).into(), Code::Unavailable, "TOKEN_KEY_MISSING", true),
            (CallError::AuditRolledBack("secret host".into()).into(), Code::Unavailable, "AUDIT_WENT_BACK", true),
            (
                CallError::TooManyMatches { matched: 7, allowed: 5 }.into(),
                Code::FailedPrecondition,
                "TOO_MANY_MATCHES",
                false,
            ),
            (RpcError::Overloaded, Code::ResourceExhausted, "OVERLOADED", true),
            (
                CallError::RateLimited { retry_after: Duration::from_secs(1) }.into(),
                Code::ResourceExhausted,
                "OVERLOADED",
                true,
            ),
            (RpcError::SlowConsumer, Code::ResourceExhausted, "SLOW_CONSUMER", false),
            (
                RpcError::ResponsesUnread { limit: Duration::from_secs(10) },
                Code::ResourceExhausted,
                "SLOW_CONSUMER",
                false,
            ),
            (RpcError::ShuttingDown, Code::Unavailable, "SHUTTING_DOWN", false),
            (RpcError::CallerLimitReached, Code::ResourceExhausted, "CALLER_SHARE_USED", true),
            (
                RpcError::CallerRateExceeded { retry_after: Duration::from_millis(100) },
                Code::ResourceExhausted,
                "CALLER_RATE_EXCEEDED",
                true,
            ),
            (CallError::LoginQueueFull.into(), Code::ResourceExhausted, "LOGIN_QUEUE_FULL", true),
            (
                RpcError::RequestNotReceived { limit: Duration::ZERO, is_caller_deadline: false },
                Code::DeadlineExceeded,
                "REQUEST_NOT_RECEIVED",
                false,
            ),
            (RpcError::Malformed("no JSON".to_owned()), Code::InvalidArgument, "MALFORMED_REQUEST", false),
            (RpcError::MessageTooLarge { limit: 1 }, Code::OutOfRange, "MESSAGE_TOO_LARGE", false),
            (CallError::StoreUnavailable("secret host".into()).into(), Code::Unavailable, "STORE_UNAVAILABLE", true),
            (CallError::ClockSkewed("secret host".into()).into(), Code::Unavailable, "CLOCK_SKEWED", true),
            (CallError::StoreNotBound("secret host".into()).into(), Code::Unavailable, "STORE_NOT_BOUND", true),
            (CallError::PartiallyApplied { reached: 1, total: 256 }.into(), Code::Unavailable, "PARTLY_APPLIED", true),
            (CallError::DenylistFull.into(), Code::ResourceExhausted, "DENYLIST_FULL", true),
            (CallError::PartiallyDenied { reached: 1, total: 2 }.into(), Code::Unavailable, "PARTLY_APPLIED", true),
            (CallError::Internal("secret detail".into()).into(), Code::Internal, "INTERNAL", false),
        ];
        for (error, code, reason, retries) in table {
            let status = from_error(&error);
            let details = status.get_error_details();
            let info = details.error_info().expect("every status has ErrorInfo");
            assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, DOMAIN));
            assert_eq!(details.retry_info().is_some(), retries, "{reason}");
            assert!(!status.message().is_empty() && !status.message().contains("secret"), "{reason}");
        }
    }

    #[test]
    fn every_code_has_its_http_status_and_some_reasons_another_one() {
        for (code, reason, status) in [
            (Code::InvalidArgument, "INVALID_FIELD", 400),
            (Code::Unauthenticated, "CALLER_UNAUTHENTICATED", 401),
            (Code::PermissionDenied, "CALLER_NOT_ALLOWED", 403),
            (Code::NotFound, "SESSION_NOT_FOUND", 404),
            (Code::AlreadyExists, "REQUEST_ID_REUSED", 409),
            (Code::FailedPrecondition, "SESSION_LIMIT_REACHED", 409),
            (Code::Aborted, "REVISION_CONFLICT", 409),
            (Code::OutOfRange, "MESSAGE_TOO_LARGE", 413),
            (Code::ResourceExhausted, "CALLER_RATE_EXCEEDED", 429),
            (Code::ResourceExhausted, "LOGIN_QUEUE_FULL", 429),
            (Code::ResourceExhausted, "OVERLOADED", 503),
            (Code::ResourceExhausted, "AUDIT_BACKLOG_FULL", 503),
            (Code::ResourceExhausted, "DENYLIST_FULL", 503),
            (Code::DeadlineExceeded, "REQUEST_NOT_RECEIVED", 408),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", 504),
            (Code::Unavailable, "STORE_UNAVAILABLE", 503),
            (Code::Unimplemented, "METHOD_NOT_SERVED", 501),
            (Code::Internal, "INTERNAL", 500),
            (Code::Unknown, "", 500),
        ] {
            assert_eq!(http_status(code, reason), status, "{reason}");
        }
    }

    #[test]
    fn a_bad_request_names_every_field() {
        let mut violations = FieldViolations::default();
        violations.check::<()>(Err(FieldViolation::new("user_id", "is required")));
        violations.check::<()>(Err(FieldViolation::new("client.ip", "is not an address")));
        let status = from_error(&violations.into());
        assert_eq!(status.message(), "user_id is required; client.ip is not an address");
        let details = status.get_error_details();
        let fields: Vec<_> =
            details.bad_request().expect("bad request").field_violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["user_id", "client.ip"]);
    }

    #[test]
    fn a_bad_request_does_not_grow_without_bound() {
        let mut violations = FieldViolations::default();
        for _ in 0..40 {
            violations.check::<()>(Err(FieldViolation::new("roles", "is wrong")));
        }
        let mut both = FieldViolations::default();
        both.check_all::<()>(Err(violations.clone()));
        both.check_all::<()>(Err(violations));
        let status = from_error(&both.into());
        assert!(status.message().ends_with("roles is wrong; and 48 more"), "{}", status.message());
        let details = status.get_error_details();
        assert_eq!(details.bad_request().expect("bad request").field_violations.len(), 32);
    }
}
