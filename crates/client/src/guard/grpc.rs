//! The guard of gRPC services.

use std::sync::Arc;

use http::Response;
use tonic::{Status, body::Body};
use tower::Layer;

use super::{
    client_context,
    cookie::SessionCookie,
    presented_token::PresentedToken,
    service::{Admission, Guard, GuardedService},
    session::CurrentSession,
};
use crate::{SessionAuthority, ValidateError, Validation};

/// A layer that requires a session for every RPC, in the metadata `authorization: Bearer`, unless its method is public.
/// Without a session an RPC fails as UNAUTHENTICATED, and without a verdict as UNAVAILABLE.
#[derive(Clone, Debug)]
pub struct RequireSessionForGrpc {
    authority: SessionAuthority,
    public: Arc<[String]>,
}

impl RequireSessionForGrpc {
    pub fn new(authority: SessionAuthority) -> Self {
        Self { authority, public: Arc::new([]) }
    }

    /// Lets calls of this method through without looking at their tokens: `/package.Service/Method`.
    #[must_use]
    pub fn public(mut self, method: impl Into<String>) -> Self {
        self.public = self.public.iter().cloned().chain([method.into()]).collect();
        self
    }

    async fn find_session(&self, parts: &http::request::Parts) -> Result<Option<CurrentSession>, Status> {
        if self.public.iter().any(|method| method == parts.uri.path()) {
            return Ok(None);
        }
        let PresentedToken::One(token, _) = PresentedToken::from_headers(&parts.headers, &SessionCookie::default())
        else {
            return Err(Status::unauthenticated("a session token is required"));
        };
        let validation = Validation::new(token.clone()).client(client_context(&parts.headers));
        match self.authority.validate(validation).await {
            Ok(session) => Ok(Some(CurrentSession::new(session, token))),
            Err(ValidateError::Rejected(_)) => Err(Status::unauthenticated("the session token is not valid")),
            Err(ValidateError::StepUpRequired(_)) => Err(Status::permission_denied("step-up required")),
            Err(ValidateError::NoVerdict(_)) => Err(Status::unavailable("the session authority is unavailable")),
        }
    }
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
