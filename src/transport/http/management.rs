//! The HTTP endpoints `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::bounded_listener::{BoundedListener, ConnectionLimits, RequestConnection};
use crate::{
    authority::{
        Authenticator, PresentedCredentials,
        permissions::{METRICS_ROLES, permit_role},
    },
    domain::CallError,
    transport::{bearer, connections::ListenerTls},
};

use super::ReadinessReport;

/// The source of the data that the management port serves.
pub trait ManagementSource: Send + Sync {
    fn readiness(&self) -> ReadinessReport;
    /// Returns the metrics in the text format of `OpenMetrics`.
    fn metrics(&self) -> String;
}

/// The access control of the management port.
#[derive(Clone)]
pub struct ManagementAccess {
    pub authenticator: Arc<dyn Authenticator>,
    /// Set if metrics and the details of `/readyz` are public.
    pub anonymous: bool,
}

impl ManagementAccess {
    fn permit(&self, headers: &HeaderMap, connection: &RequestConnection) -> Result<(), CallError> {
        if self.anonymous {
            return Ok(());
        }
        let certificate = connection.connection.client_identity().map(AsRef::as_ref);
        let credentials = PresentedCredentials { key: bearer::credential(headers), certificate };
        let caller = self.authenticator.authenticate(credentials)?;
        permit_role(&caller, METRICS_ROLES, "GET /metrics")
    }
}

struct ManagementState {
    management: Arc<dyn ManagementSource>,
    access: ManagementAccess,
}

/// Serves until `stop`.
///
/// - `/livez` returns 200 while the process responds.
/// - `/readyz` returns 200 if this node should receive calls, and 503 if not, with a line for each check.
/// - `/metrics` requires a caller that may read metrics.
///
/// The details of the checks name servers, files and settings, so only the same callers receive them.
pub async fn serve(
    listener: TcpListener,
    tls: Option<ListenerTls>,
    management: Arc<dyn ManagementSource>,
    access: ManagementAccess,
    limits: ConnectionLimits,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(ManagementState { management, access }));
    let listener = BoundedListener::for_management(listener, tls, limits);
    let registry = listener.registry();
    let closing = async move {
        stop.cancelled().await;
        registry.close_all();
    };
    axum::serve(listener, router.into_make_service_with_connect_info::<RequestConnection>())
        .with_graceful_shutdown(closing)
        .await
}

async fn readyz(
    State(port): State<Arc<ManagementState>>,
    ConnectInfo(connection): ConnectInfo<RequestConnection>,
    headers: HeaderMap,
) -> Response {
    let report = port.management.readiness();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // Probes present no credential; that is not a failed authentication.
    let is_presented = headers.contains_key(header::AUTHORIZATION) || connection.connection.client_identity().is_some();
    let is_permitted = port.access.anonymous || (is_presented && port.access.permit(&headers, &connection).is_ok());
    let text = if is_permitted { report.to_string() } else { report.without_details() };
    (status, text).into_response()
}

async fn metrics(
    State(port): State<Arc<ManagementState>>,
    ConnectInfo(connection): ConnectInfo<RequestConnection>,
    headers: HeaderMap,
) -> Response {
    match port.access.permit(&headers, &connection) {
        Ok(()) => {
            let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
            (kind, port.management.metrics()).into_response()
        }
        Err(CallError::PermissionDenied(why)) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        Err(_) => {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            let body = "a caller with role metrics or admin is required (authorization: Bearer KEY, or a client certificate)\n";
            (StatusCode::UNAUTHORIZED, challenge, body).into_response()
        }
    }
}
