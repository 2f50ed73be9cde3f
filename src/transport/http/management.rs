//! `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::bounded_listener::{BoundedListener, ConnectionLimits};
use crate::{
    authority::{
        Authenticator,
        permissions::{Method, permit},
    },
    domain::Error,
    transport::bearer,
};

use super::Report;

/// What the management port tells of.
pub trait Management: Send + Sync {
    fn readiness(&self) -> Report;
    /// In the text format of `OpenMetrics`.
    fn metrics(&self) -> String;
}

struct Port {
    management: Arc<dyn Management>,
    authenticator: Arc<dyn Authenticator>,
}

/// Serves until `stop`. `/livez` says that the process answers; `/readyz` whether it should be sent
/// calls (503 when not), with a line for each check; `/metrics` takes a caller that may read them.
pub async fn serve(
    listener: TcpListener,
    management: Arc<dyn Management>,
    authenticator: Arc<dyn Authenticator>,
    limits: ConnectionLimits,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(Port { management, authenticator }));
    let listener = BoundedListener::new(listener, limits, stop.clone());
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn readyz(State(port): State<Arc<Port>>) -> Response {
    let report = port.management.readiness();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, report.to_string()).into_response()
}

async fn metrics(State(port): State<Arc<Port>>, headers: HeaderMap) -> Response {
    let permitted = port
        .authenticator
        .authenticate(bearer::credential(&headers))
        .and_then(|caller| permit(&caller, Method::Metrics));
    match permitted {
        Ok(()) => {
            let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
            (kind, port.management.metrics()).into_response()
        }
        Err(Error::PermissionDenied(why)) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        Err(_) => {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            let body = "an API key of role metrics or admin is needed: authorization: Bearer KEY\n";
            (StatusCode::UNAUTHORIZED, challenge, body).into_response()
        }
    }
}
