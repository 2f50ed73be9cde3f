//! The accounting of calls on their connection: calls in flight, and authentication.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Extensions;
use tower::{Layer, Service};

use super::{HttpRequest, HttpResponse};
use crate::{
    domain::Caller,
    transport::connections::{CallGuard, InboundConnection},
};

/// Records that the call with these extensions was authenticated as `caller`.
pub(super) fn mark_authenticated(extensions: &Extensions, caller: &Caller) {
    // Tests that call without a network have no connection.
    if let Some(connection) = request_connection(extensions) {
        connection.mark_authenticated(caller);
    }
}

/// Records that the call with these extensions was rejected as unauthenticated.
pub(super) fn count_unauthenticated_call(extensions: &Extensions) {
    if let Some(connection) = request_connection(extensions) {
        connection.count_unauthenticated_call();
    }
}

/// Returns the connection of a request.
pub(super) fn request_connection(extensions: &Extensions) -> Option<&Arc<InboundConnection>> {
    extensions.get()
}

/// The outermost layer: counts the calls in flight on each connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionLayer;

impl<S> Layer<S> for ConnectionLayer {
    type Service = ConnectionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ConnectionService { inner }
    }
}

#[derive(Clone)]
pub(super) struct ConnectionService<S> {
    inner: S,
}

impl<S> Service<HttpRequest> for ConnectionService<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = CountedCall<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let guard = request_connection(request.extensions()).map(InboundConnection::begin_call);
        CountedCall { response: self.inner.call(request), _guard: guard }
    }
}

/// A call that is counted until its response begins.
pub(super) struct CountedCall<F> {
    response: F,
    _guard: Option<CallGuard>,
}

impl<F: Future + Unpin> Future for CountedCall<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.response).poll(context)
    }
}
