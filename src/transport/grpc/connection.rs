//! The HTTP/2 of a connection, and its calls from their start.
//!
//! hyper takes each call in the task of the connection, and executes it in a task of its own. A call therefore counts on
//! its connection before its task runs for the first time. Calls that the client cancels at once would otherwise
//! accumulate uncounted (CVE-2023-44487).

use std::{
    convert::Infallible,
    error::Error,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Extensions, Request};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::bytes::Bytes;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::{Service, ServiceExt, util::Oneshot};

use super::{HttpRequest, HttpResponse};
use crate::transport::connections::{CallGuard, ConnectionStream, InboundConnection};

/// The HTTP/2 settings of every connection.
pub(super) type Http2Settings = http2::Builder<TokioExecutor>;

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

impl<S, B> hyper::service::Service<Request<B>> for ConnectionService<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible> + Clone,
    S::Future: Unpin,
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = CountedCall<Oneshot<S, HttpRequest>>;

    fn call(&self, request: Request<B>) -> Self::Future {
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use hyper::service::Service as _;
    use tower::service_fn;

    use super::*;
    use crate::transport::connections::{ConnectionQuota, ConnectionRegistry};

    fn has_capacity(connection: &InboundConnection) -> bool {
        connection.poll_call_capacity(&Context::from_waker(std::task::Waker::noop())).is_ready()
    }

    /// The calls that a client cancels at once are taken, and wait for their task.
    #[tokio::test]
    async fn a_call_counts_before_its_task_runs_and_until_it_responds_or_is_dropped() {
        let quota = ConnectionQuota { calls_per_connection: 1, ..ConnectionQuota::without_authentication(1) };
        let admitted = ConnectionRegistry::new(quota).admit(([192, 0, 2, 1], 4711).into()).await;
        let connection = Arc::clone(admitted.connection());
        let inner = service_fn(|_: HttpRequest| std::future::ready(Ok(HttpResponse::default())));
        let service = ConnectionService { connection: Arc::clone(&connection), inner };
        let call = || service.call(Request::new(Body::empty()));
        let mut calls = vec![call()];
        assert!(has_capacity(&connection));
        calls.push(call());
        assert!(!has_capacity(&connection), "no task has run");
        drop(calls.pop());
        assert!(has_capacity(&connection));
        calls.push(call());
        assert!(call().now_or_never().is_some_and(|response| response.is_ok()));
        assert!(!has_capacity(&connection));
        assert!(calls.remove(0).now_or_never().is_some());
        assert!(has_capacity(&connection));
    }
}
