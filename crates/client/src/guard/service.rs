//! Services behind a guard.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response, request::Parts};
use tonic::server::NamedService;
use tower::Service;

use super::session::CurrentSession;

/// The decision on a request.
pub trait Guard<R>: Clone + Send + Sync + 'static {
    /// Returns the session of a request, or `None` if its path is public. The error is the response of a refused
    /// request.
    fn authenticate(&self, parts: &Parts) -> impl Future<Output = Result<Option<CurrentSession>, Response<R>>> + Send;
}

/// A service that only requests reach which its guard lets through.
#[derive(Clone, Debug)]
pub struct GuardedService<S, G> {
    inner: S,
    guard: G,
}

impl<S, G> GuardedService<S, G> {
    pub(super) const fn new(inner: S, guard: G) -> Self {
        Self { inner, guard }
    }
}

impl<S: NamedService, G> NamedService for GuardedService<S, G> {
    const NAME: &'static str = S::NAME;
}

impl<S, G, B, R> Service<Request<B>> for GuardedService<S, G>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    G: Guard<R>,
    B: Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
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
                Err(refusal) => Ok(refusal),
            }
        })
    }
}
