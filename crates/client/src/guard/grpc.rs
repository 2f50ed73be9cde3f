//! The guard of gRPC services.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{client_context, cookie::SessionCookie, presented_token::PresentedToken, session::CurrentSession};
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

    async fn authenticate(&self, parts: &http::request::Parts) -> Result<Option<CurrentSession>, Status> {
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
    type Service = GrpcGuardService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GrpcGuardService { inner, guard: self.clone() }
    }
}

/// A service behind [`RequireSessionForGrpc`].
#[derive(Clone, Debug)]
pub struct GrpcGuardService<S> {
    inner: S,
    guard: RequireSessionForGrpc,
}

impl<S: tonic::server::NamedService> tonic::server::NamedService for GrpcGuardService<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<Request<B>> for GrpcGuardService<S>
where
    S: Service<Request<B>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The instance that `poll_ready` found ready must handle the call; a clone may not be ready.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let guard = self.guard.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            // Only the guard sets it.
            parts.extensions.remove::<CurrentSession>();
            match guard.authenticate(&parts).await {
                Ok(session) => {
                    if let Some(session) = session {
                        parts.extensions.insert(session);
                    }
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}
