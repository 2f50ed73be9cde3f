//! Validations and their verdicts.

use std::{ops::Deref, time::Duration};

use tonic::Code;

use crate::{
    api::{
        Activity, ClientContext, Consistency, RejectReason, Rejection, Session, ValidateRequest, ValidateResponse,
        validate_response::Outcome,
    },
    error::{CallError, NoVerdict, Rejected, StepUpRequired, ValidateError},
    token::SessionToken,
};

/// A token to validate, and what the request demands of its session.
#[derive(Clone, Debug)]
pub struct Validation {
    request: ValidateRequest,
}

impl Validation {
    /// Returns a validation of a token that demands nothing more than an active session.
    pub fn new(token: impl Into<SessionToken>) -> Self {
        Self::from(&token.into())
    }

    /// Describes the client that presented the token.
    #[must_use]
    pub fn client(mut self, client: ClientContext) -> Self {
        self.request.client = Some(client);
        self
    }

    /// Requires that the user authenticated within this time.
    #[must_use]
    pub fn max_auth_age(mut self, age: Duration) -> Self {
        self.request.max_auth_age = prost_types::Duration::try_from(age).ok();
        self
    }

    /// Requires that the user authenticated with at least this assurance level, 0 to 100.
    #[must_use]
    pub const fn min_assurance_level(mut self, level: u32) -> Self {
        self.request.min_assurance_level = level;
        self
    }

    /// Requires that the verdict includes every revocation acknowledged so far.
    #[must_use]
    pub fn strong(mut self) -> Self {
        self.request.consistency = Consistency::Strong.into();
        self
    }

    /// Does not count as activity of the session.
    #[must_use]
    pub fn peek(mut self) -> Self {
        self.request.activity = Activity::Peek.into();
        self
    }

    pub(crate) fn into_request(self) -> ValidateRequest {
        self.request
    }
}

impl From<ValidateRequest> for Validation {
    fn from(request: ValidateRequest) -> Self {
        Self { request }
    }
}

impl From<&SessionToken> for Validation {
    fn from(token: &SessionToken) -> Self {
        Self { request: ValidateRequest { token: token.reveal().to_owned(), ..Default::default() } }
    }
}

impl From<&str> for Validation {
    fn from(token: &str) -> Self {
        Self::new(token)
    }
}

/// An active session.
#[derive(Clone, Debug)]
pub struct ValidatedSession {
    /// The session.
    pub session: Session,
    /// When to exchange the token by [`crate::SessionAuthority::rotate`], if the policy limits the age of tokens.
    pub rotate_after: Option<prost_types::Timestamp>,
}

impl Deref for ValidatedSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// The verdict of a validation.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The token opens an active session.
    Session(Box<ValidatedSession>),
    /// The token opens no session, or not for this request.
    Rejected(Rejected),
    /// The session is active, but the user must authenticate again, or more strongly.
    StepUpRequired(StepUpRequired),
}

impl From<Verdict> for Result<ValidatedSession, ValidateError> {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Session(session) => Ok(*session),
            Verdict::Rejected(rejected) => Err(rejected.into()),
            Verdict::StepUpRequired(required) => Err(required.into()),
        }
    }
}

impl Verdict {
    /// Returns the verdict of a response. A response without one is no verdict.
    pub(crate) fn from_response(response: ValidateResponse) -> Result<Self, NoVerdict> {
        match response.outcome {
            Some(Outcome::Session(session)) => {
                Ok(Self::Session(Box::new(ValidatedSession { session, rotate_after: response.rotate_after })))
            }
            Some(Outcome::Rejection(rejection)) => Ok(rejection.into()),
            None => Err(NoVerdict(missing_outcome())),
        }
    }
}

impl From<Rejection> for Verdict {
    fn from(rejection: Rejection) -> Self {
        let reason = match rejection.reason() {
            RejectReason::StepUpRequired => {
                return Self::StepUpRequired(StepUpRequired {
                    required_assurance_level: rejection.required_assurance_level,
                    required_max_auth_age: rejection.required_max_auth_age,
                    session_id: rejection.session_id,
                    message: rejection.message,
                });
            }
            RejectReason::Unspecified => RejectReason::Unknown,
            reason => reason,
        };
        Self::Rejected(Rejected {
            reason,
            message: rejection.message,
            ended_at: rejection.ended_at,
            actor: rejection.actor,
            stated_reason: rejection.stated_reason,
            session_id: rejection.session_id,
        })
    }
}

/// Returns the error of a response without outcome.
pub fn missing_outcome() -> CallError {
    CallError::new(Code::Internal, "the response has no outcome; the server may be newer than this client")
}
