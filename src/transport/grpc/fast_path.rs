//! Calls that bypass the router: validations and Envoy's checks, the most frequent ones. `validate` says what this saves.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::Either;
use tower::{Layer, Service};

use super::{HttpRequest, HttpResponse};
use super::{call::CallContext, ext_authz::ExtAuthzHandler, methods::ApiMethod, validate::ValidationHandler};

/// The layer in front of the router.
#[derive(Clone)]
pub(super) struct FastPathLayer {
    validations: Arc<ValidationHandler>,
    checks: Arc<ExtAuthzHandler>,
}

impl FastPathLayer {
    pub(super) fn new(validations: ValidationHandler, checks: ExtAuthzHandler) -> Self {
        Self { validations: Arc::new(validations), checks: Arc::new(checks) }
    }
}

impl<S> Layer<S> for FastPathLayer {
    type Service = FastPathService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FastPathService { inner, handlers: self.clone() }
    }
}

#[derive(Clone)]
pub(super) struct FastPathService<S> {
    inner: S,
    handlers: FastPathLayer,
}

type FastPathFuture = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

impl<S> Service<HttpRequest> for FastPathService<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible>,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Either<FastPathFuture, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let handler = Arc::clone(&self.handlers.validations);
        match CallContext::from_extensions(request.extensions()).ok().and_then(|call| call.method.method) {
            Some(ApiMethod::Validate) => Either::Left(Box::pin(async move { Ok(handler.handle_unary(request).await) })),
            Some(ApiMethod::ValidateStream) => {
                Either::Left(Box::pin(async move { Ok(handler.handle_stream(request).await) }))
            }
            Some(ApiMethod::AuthorizationCheck) => {
                let handler = Arc::clone(&self.handlers.checks);
                Either::Left(Box::pin(async move { Ok(handler.handle(request).await) }))
            }
            _ => Either::Right(self.inner.call(request)),
        }
    }
}
