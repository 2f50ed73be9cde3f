//! The HTTP/2 of a connection, and its calls from their start.
//!
//! hyper takes each call in the task of the connection, and executes it in a task of its own. A call therefore counts on
//! its connection before its task runs for the first time. Calls that the client cancels at once would otherwise
//! accumulate uncounted (CVE-2023-44487).

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Extensions, Request};
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::{Service, ServiceExt, util::Oneshot};

use super::{HttpRequest, HttpResponse};
use crate::{
    domain::Caller,
    transport::connections::{CallGuard, ConnectionStream, InboundConnection},
};

/// The HTTP/2 settings of every connection.
pub(super) type Http2Settings = http2::Builder<TokioExecutor>;

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

/// Serves a connection until its client closes it. After `age`, or from `stop` on, it accepts no new calls (GOAWAY) and
/// ends with its last call.
pub(super) async fn serve_connection<S>(
    settings: Http2Settings,
    stream: ConnectionStream,
    service: S,
    age: Duration,
    stop: CancellationToken,
) where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + Unpin + 'static,
{
    let service = ConnectionService { connection: Arc::clone(stream.connection()), inner: service };
    let mut connection = pin!(settings.serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = &mut connection => served,
        () = async { tokio::select! { () = stop.cancelled() => {}, () = sleep(age) => {} } } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a gRPC connection failed");
    }
}

/// The service of one connection.
struct ConnectionService<S> {
    connection: Arc<InboundConnection>,
    inner: S,
}

impl<S> hyper::service::Service<Request<Incoming>> for ConnectionService<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible> + Clone,
    S::Future: Unpin,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = CountedCall<Oneshot<S, HttpRequest>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Arc::clone(&self.connection));
        CountedCall { response: self.inner.clone().oneshot(request), _guard: self.connection.begin_call() }
    }
}

/// A call that is counted until its response begins.
struct CountedCall<F> {
    response: F,
    _guard: CallGuard,
}

impl<F: Future + Unpin> Future for CountedCall<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.response).poll(context)
    }
}
