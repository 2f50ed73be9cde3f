//! Errors of calls.

use std::{collections::HashMap, error::Error, ops::Deref, time::Duration};

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

use crate::api::RejectReason;

/// Invalid options of a client. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session-authority client: {0}")]
pub struct ConfigurationError(pub(crate) String);

/// An invalid field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// The path of the field, such as `client.ip`.
    pub field: String,
    /// Completes the sentence that begins with the field: "is required".
    pub description: String,
}

/// The error of a call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{:?}: {}", self.0.code, self.0.message)]
pub struct CallError(Box<CallFailure>);

/// The details of a [`CallError`].
#[derive(Clone, Debug)]
pub struct CallFailure {
    /// The gRPC status code. `Unavailable` also if the server could not be reached or the connection broke, and
    /// `DeadlineExceeded` also if no response arrived in time.
    pub code: Code,
    /// A sentence for developers. The wording may change.
    pub message: String,
    /// The reason, one of the contract's `ErrorReason` without its prefix, such as `SESSION_NOT_FOUND`. None if the
    /// error does not come from the server.
    pub reason: Option<String>,
    /// Details of the reason.
    pub metadata: HashMap<String, String>,
    /// The invalid fields of the request.
    pub fields: Vec<FieldViolation>,
    /// The time to wait before a retry.
    pub retry_after: Option<Duration>,
}

fn has_expired(source: &(dyn Error + 'static)) -> bool {
    source.is::<TimeoutExpired>() || source.source().is_some_and(has_expired)
}

impl Deref for CallError {
    type Target = CallFailure;

    fn deref(&self) -> &CallFailure {
        &self.0
    }
}

impl From<CallFailure> for CallError {
    fn from(failure: CallFailure) -> Self {
        Self(Box::new(failure))
    }
}

impl CallError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        CallFailure {
            code,
            message: message.into(),
            reason: None,
            metadata: HashMap::new(),
            fields: Vec::new(),
            retry_after: None,
        }
        .into()
    }

    pub(crate) fn deadline_exceeded() -> Self {
        Self::new(Code::DeadlineExceeded, "no response within the deadline")
    }

    /// Returns the error of a call that ended with `status`. A status that has a source is not from the server: the
    /// timer of the transport fired, or the connection failed.
    pub(crate) fn from_status(status: &Status) -> Self {
        let code = match status.source() {
            Some(source) if has_expired(source) => Code::DeadlineExceeded,
            Some(_) => Code::Unavailable,
            None => status.code(),
        };
        let details = status.get_error_details();
        let info = details.error_info();
        let violations = details.bad_request().map(|request| request.field_violations.clone()).unwrap_or_default();
        CallFailure {
            code,
            message: status.message().to_owned(),
            reason: info.map(|info| info.reason.clone()),
            metadata: info.map(|info| info.metadata.clone()).unwrap_or_default(),
            fields: violations
                .into_iter()
                .map(|violation| FieldViolation { field: violation.field, description: violation.description })
                .collect(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
        }
        .into()
    }
}

/// The error of a validation that has no verdict: the token may be valid or not. Answer with 503, and treat the user
/// neither as signed in nor as signed out.
#[derive(Clone, Debug, thiserror::Error)]
#[error("no verdict: {0}")]
pub struct NoVerdict(pub CallError);

/// The verdict that a token opens no session.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the token opens no session ({})", reason.as_str_name())]
pub struct Rejected {
    /// `Unknown` for reasons that this version does not know.
    pub reason: RejectReason,
    /// A sentence for developers. The wording may change.
    pub message: String,
    /// When the session ended, if it did.
    pub ended_at: Option<prost_types::Timestamp>,
    /// On whose behalf the session was ended, or empty.
    pub actor: String,
    /// The reason that was given for ending the session, or empty.
    pub stated_reason: String,
    /// The session, or empty if the token never opened one.
    pub session_id: String,
}

/// The verdict that the session is active, but that the user must authenticate again, or better, for this request.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the user must authenticate again for this request")]
pub struct StepUpRequired {
    /// The assurance level that the session lacks. 0 if its level is sufficient.
    pub required_assurance_level: u32,
    /// The age that the authentication exceeds. None if its age is acceptable.
    pub required_max_auth_age: Option<prost_types::Duration>,
    /// The session of the token.
    pub session_id: String,
    /// A sentence in English for display.
    pub message: String,
}

/// The outcome of a validation other than an active session.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ValidateError {
    /// The token opens no session: respond with 401.
    #[error(transparent)]
    Rejected(Box<Rejected>),
    /// The user must authenticate again, or more strongly: respond with 403.
    #[error(transparent)]
    StepUpRequired(#[from] StepUpRequired),
    /// No verdict was given, so it is unknown whether the user is signed in: respond with 503.
    #[error(transparent)]
    NoVerdict(#[from] NoVerdict),
}

impl From<Rejected> for ValidateError {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(Box::new(rejected))
    }
}

impl From<CallError> for ValidateError {
    fn from(error: CallError) -> Self {
        Self::NoVerdict(NoVerdict(error))
    }
}
