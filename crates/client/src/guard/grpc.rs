//! The guard of gRPC services.

use std::sync::Arc;

use http::Response;
use tonic::{Code, Status, body::Body};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::Layer;

use super::{
    client_context,
    cookie::SessionCookie,
    presented_token::PresentedToken,
    requirements::Requirements,
    service::{Admission, Guard, GuardedService},
    session::CurrentSession,
};
use crate::{SessionAuthority, ValidateError, Validation};

/// A layer that requires a session for every RPC, in the metadata `authorization: Bearer`, unless its method is public.
/// Without a session an RPC fails as UNAUTHENTICATED, with one that does not meet the requirements as `PERMISSION_DENIED`, and
/// without a verdict as UNAVAILABLE. `ErrorInfo` of the domain `session.v1` has the reason.
#[derive(Clone, Debug)]
pub struct RequireSessionForGrpc {
    authority: SessionAuthority,
    public: Arc<[String]>,
    required: Arc<[(String, Requirements)]>,
}

impl RequireSessionForGrpc {
    /// Returns a guard that requires an active session for every method.
    pub fn new(authority: SessionAuthority) -> Self {
        Self { authority, public: Arc::new([]), required: Arc::new([]) }
    }

    /// Lets calls of this method through without looking at their tokens: `/package.Service/Method`.
    #[must_use]
    pub fn public(mut self, method: impl Into<String>) -> Self {
        self.public = self.public.iter().cloned().chain([full_name(method)]).collect();
        self
    }

    /// Requires more of the session for this method, even if it is also public: `/package.Service/Method`.
    #[must_use]
    pub fn require(mut self, method: impl Into<String>, required: Requirements) -> Self {
        self.required = self.required.iter().cloned().chain([(full_name(method), required)]).collect();
        self
    }

    async fn find_session(&self, parts: &http::request::Parts) -> Result<Option<CurrentSession>, Status> {
        let required = || self.required.iter().filter(|(method, _)| method == parts.uri.path());
        if required().next().is_none() && self.public.iter().any(|method| method == parts.uri.path()) {
            return Ok(None);
        }
        let PresentedToken::One(token, _) = PresentedToken::from_headers(&parts.headers, &SessionCookie::default())
        else {
            return Err(refusal(Code::Unauthenticated, "a session token is required", "NO_SESSION"));
        };
        let validation = Validation::new(token.clone()).client(client_context(&parts.headers));
        let validation = required().fold(validation, |validation, (_, required)| required.apply(validation));
        let session = self.authority.validate(validation).await.map_err(|error| match error {
            ValidateError::Rejected(rejected) => {
                refusal(Code::Unauthenticated, "the session token is not valid", rejected.reason.as_str_name())
            }
            ValidateError::StepUpRequired(_) => {
                refusal(Code::PermissionDenied, "the user must authenticate again", "STEP_UP_REQUIRED")
            }
            ValidateError::NoVerdict(_) => {
                refusal(Code::Unavailable, "it is unknown whether the session is active", "NO_VERDICT")
            }
        })?;
        if !required().all(|(_, required)| required.admit_roles(&session)) {
            return Err(refusal(Code::PermissionDenied, "the session lacks a required role", "MISSING_ROLE"));
        }
        Ok(Some(CurrentSession::new(session, token)))
    }
}

/// Returns the name of a method as gRPC has it. A requirement must not be lost with the slash at its beginning.
fn full_name(method: impl Into<String>) -> String {
    let method = method.into();
    if method.starts_with('/') { method } else { format!("/{method}") }
}

fn refusal(code: Code, message: &str, reason: &str) -> Status {
    let reason = reason.strip_prefix("REJECT_REASON_").unwrap_or(reason);
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, "session.v1", []))
}

impl<S> Layer<S> for RequireSessionForGrpc {
    type Service = GuardedService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardedService::new(inner, self.clone())
    }
}

impl Guard<Body> for RequireSessionForGrpc {
    async fn authenticate(&self, parts: &http::request::Parts) -> Result<Admission, Response<Body>> {
        let session = self.find_session(parts).await.map_err(Status::into_http::<Body>)?;
        Ok(Admission { session, cookie: None })
    }
}
