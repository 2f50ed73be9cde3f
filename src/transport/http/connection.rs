//! The HTTP/1.1 of a connection, and the part of the server that responds to each of its requests.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request, header},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{bounded_listener::RequestConnection, forward_auth::ForwardAuth, grpc_web::GrpcWeb};
use crate::transport::connections::ConnectionStream;

/// The services of all connections.
pub(super) struct HttpServices {
    pub(super) forward_auth: ForwardAuth,
    pub(super) grpc_web: GrpcWeb,
    pub(super) router: Router,
    /// The age at which a connection is closed after a response.
    pub(super) connection_age: Duration,
}

/// Serves a connection until its client closes it. From `stop` on, it ends with the response to its last request.
pub(super) async fn serve_connection(stream: ConnectionStream, services: Arc<HttpServices>, stop: CancellationToken) {
    let connection = RequestConnection::new(Arc::clone(stream.connection()));
    let service = service_fn(|request| {
        let (services, connection) = (Arc::clone(&services), connection.clone());
        async move { Ok::<_, Infallible>(services.respond(request, connection).await) }
    });
    let mut serving = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = &mut serving => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "an HTTP connection failed");
    }
}

impl HttpServices {
    /// Responds to a request. Checks of gateways are most of the requests: they bypass the router, which costs as much
    /// as their verdict, and everything else is boxed, because every request takes as much memory as this future.
    async fn respond(&self, request: Request<Incoming>, connection: RequestConnection) -> Response {
        let mut response = if let Some(profile) = ForwardAuth::profile_in_path(request.uri().path()) {
            self.forward_auth.check(&connection, profile, &request).await
        } else if GrpcWeb::accepts(&request) {
            Box::pin(self.grpc_web.respond(request, &connection)).await
        } else {
            Box::pin(self.route(request, &connection)).await
        };
        // HTTP/1.1 has no other way to ask a client for a new connection, which may lead to another node.
        if connection.opened.elapsed() >= self.connection_age {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn route(&self, request: Request<Incoming>, connection: &RequestConnection) -> Response {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(connection.clone()));
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
