//! Layers that may make a request wait, or reply to it in the place of the service behind them.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use tower::Service;

use super::{HttpRequest, HttpResponse};

/// A service that a [`Middleware`] can stand in front of.
pub(super) trait InnerService:
    Service<HttpRequest, Response = HttpResponse, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> InnerService for S
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
}

/// The handling of requests by such a layer.
pub(super) trait Middleware: Clone + Send + Sync + 'static {
    /// Returns the response to `request`: that of `inner`, which is ready for one call, or one of its own.
    fn handle(
        self,
        request: HttpRequest,
        inner: impl InnerService,
    ) -> impl Future<Output = Result<HttpResponse, Infallible>> + Send;
}

/// A service behind a middleware.
#[derive(Clone)]
pub(super) struct MiddlewareService<S, M> {
    inner: S,
    middleware: M,
}

impl<S, M> MiddlewareService<S, M> {
    pub(super) const fn new(inner: S, middleware: M) -> Self {
        Self { inner, middleware }
    }
}

impl<S: InnerService, M: Middleware> Service<HttpRequest> for MiddlewareService<S, M> {
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        // The instance that `poll_ready` found ready must handle the call; a clone may not be ready.
        let ready = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, ready);
        // Every call moves and allocates this future, so it is not wrapped in another one.
        Box::pin(self.middleware.clone().handle(request, inner))
    }
}
