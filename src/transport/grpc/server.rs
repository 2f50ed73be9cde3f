//! The server: services, limits and shutdown.

use std::{sync::Arc, time::Duration};

use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tower::Layer;

use super::{
    admin::{AdminDirectories, AdminServiceHandler},
    admission::AdmissionControl,
    alert_stream::AlertStreams,
    call::{CallGate, CallLayer, CallLayerConfig},
    connection::{Http2Settings, serve_connection},
    contract_client::LocalServices,
    denylist_service::DenylistServiceHandler,
    ext_authz::ExtAuthzHandler,
    fast_path::FastPathLayer,
    grpc_web::GrpcWebServices,
    health::HealthReporter,
    in_process::{InProcessCalls, LayeredServices},
    notification_service::NotificationServiceHandler,
    receive_layer::ReceiveLayer,
    session_service::SessionServiceHandler,
    validate::ValidationHandler,
    webhook_service::WebhookServiceHandler,
};
use crate::{
    api::{
        DESCRIPTORS, admin_service_server::AdminServiceServer, denylist_service_server::DenylistServiceServer,
        ext_authz, notification_service_server::NotificationServiceServer,
        session_service_server::SessionServiceServer, webhook_service_server::WebhookServiceServer,
    },
    authority::UseCases,
    transport::{
        connections::{
            ConnectionDeadline, ConnectionQuota, ConnectionRegistry, DrainLimits, IncomingConnections, ListenerTls,
        },
        gateway::RequestChecker,
    },
};

/// The time that a connection without an authenticated call may stay once the server stops. It covers a call that was
/// sent before the client knew of the shutdown.
const UNAUTHENTICATED_DRAIN: Duration = Duration::from_millis(300);

/// The time, beyond the time limit of a call, that a client may leave its last responses unread once the server stops.
const UNREAD_DRAIN: Duration = Duration::from_secs(1);

/// The streams that a client may reset before the server has processed them, as a multiple of the streams that it may
/// have open. HTTP/2 counts the streams that were reset between two reads of the connection, and ends the connection
/// beyond this limit (CVE-2023-44487). A client library that cancels all its calls at once, and those that replaced
/// them, stays below it.
const RESETS_PER_STREAM: usize = 4;

/// The limits of each connection, and of the server as a whole.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    pub connections: ConnectionQuota,
    /// The time from the start of a connection to its first authenticated call.
    pub unauthenticated_timeout: Duration,
    /// Concurrent calls on one connection.
    pub streams_per_connection: u32,
    pub message_bytes: usize,
    /// Checks of one `ValidateStream` that have no response yet.
    pub max_in_flight_per_stream: usize,
    pub header_bytes: u32,
    pub keepalive_interval: Duration,
    pub keepalive_timeout: Duration,
    pub connection_age: Duration,
    pub connection_age_grace: Duration,
}

/// A gRPC server that is ready to serve.
pub struct GrpcServer {
    services: LayeredServices,
    health: HealthReporter,
    connections: ConnectionRegistry,
    tls: Option<ListenerTls>,
    drain: DrainLimits,
    gate: Arc<CallGate>,
}

impl GrpcServer {
    /// Builds the server from its services and layers. Fails if the descriptors for reflection are invalid.
    pub fn new(
        use_cases: &UseCases,
        directories: AdminDirectories,
        checker: Arc<RequestChecker>,
        alerts: AlertStreams,
        call: CallLayerConfig,
        limits: ServerLimits,
        tls: Option<ListenerTls>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let admission = AdmissionControl::new(call.budgets, &call.observer);
        let drain = DrainLimits { unauthenticated: UNAUTHENTICATED_DRAIN, unread: call.timeout + UNREAD_DRAIN };
        let validation_handler = ValidationHandler {
            validator: Arc::clone(&use_cases.validator),
            authenticator: Arc::clone(&call.authenticator),
            admission: admission.clone(),
            observer: Arc::clone(&call.observer),
            message_bytes: limits.message_bytes,
            timeout: call.timeout,
            max_in_flight_per_stream: limits.max_in_flight_per_stream,
            streams: alerts.responses.clone(),
        };
        let check_handler = ExtAuthzHandler { checker, admission: admission.clone(), timeout: call.timeout };
        let administration = AdminServiceHandler::new(
            use_cases,
            directories,
            Arc::clone(&call.authenticator),
            admission.clone(),
            alerts.responses.clone(),
        );
        let health = HealthReporter::new();
        let health_service = health.service(alerts.responses.clone(), Arc::clone(&call.clock));
        let routes = Routes::new(
            SessionServiceServer::new(SessionServiceHandler::new(use_cases, alerts))
                .max_decoding_message_size(limits.message_bytes),
        )
        .add_service(AdminServiceServer::new(administration).max_decoding_message_size(limits.message_bytes))
        .add_service(
            DenylistServiceServer::new(DenylistServiceHandler::new(use_cases))
                .max_decoding_message_size(limits.message_bytes),
        )
        .add_service(
            NotificationServiceServer::new(NotificationServiceHandler::new(use_cases))
                .max_decoding_message_size(limits.message_bytes),
        )
        .add_service(
            WebhookServiceServer::new(WebhookServiceHandler::new(Arc::clone(&use_cases.webhooks)))
                .max_decoding_message_size(limits.message_bytes),
        )
        .add_service(health_service.max_decoding_message_size(limits.message_bytes))
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?)
        .prepare();
        let received = ReceiveLayer::new(admission.clone(), limits.message_bytes).layer(routes);
        let validated = FastPathLayer::new(validation_handler, check_handler).layer(received);
        let calls = CallLayer::new(call, admission);
        let gate = calls.gate();
        let services = calls.layer(validated);
        let connections = ConnectionRegistry::new(limits.connections);
        Ok(Self { services, health, connections, tls, drain, gate })
    }

    /// Returns the reporter of the health status: whether the server should receive calls.
    #[must_use]
    pub fn health(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Returns the gate of the calls, for a server of another protocol.
    pub(in crate::transport) fn gate(&self) -> Arc<CallGate> {
        Arc::clone(&self.gate)
    }

    /// Returns the services, for protocols that are translated to gRPC.
    pub(in crate::transport) fn in_process_calls(&self) -> InProcessCalls {
        InProcessCalls::new(self.services.clone())
    }

    /// Returns the services, for a server of gRPC-Web.
    pub(in crate::transport) fn grpc_web(&self) -> GrpcWebServices {
        GrpcWebServices::new(self.services.clone())
    }

    /// Returns the services, for the pages of this process.
    pub(in crate::transport) fn local_services(&self) -> LocalServices {
        LocalServices::new(self.services.clone())
    }

    /// Returns the limits for connections once the server stops.
    pub(in crate::transport) const fn drain_limits(&self) -> DrainLimits {
        self.drain
    }

    /// Serves until `stop`, and then until the calls in flight are complete.
    pub async fn serve(self, listener: TcpListener, limits: ServerLimits, stop: CancellationToken) {
        let age = limits.connection_age + limits.connection_age_grace;
        let deadline = ConnectionDeadline::Authentication { first: limits.unauthenticated_timeout, age };
        let incoming = IncomingConnections::new(listener, "gRPC", self.connections, deadline, self.tls);
        let settings = http2_settings(&limits);
        let serve = |stream| {
            serve_connection(settings.clone(), stream, self.services.clone(), limits.connection_age, stop.clone())
        };
        incoming.serve(serve, self.drain, &stop).await;
    }
}

/// Returns the HTTP/2 settings of every connection. hyper interprets `None` as no limit in some of them, so all limits
/// are set explicitly (RUSTSEC-2024-0003, CVE-2023-44487).
fn http2_settings(limits: &ServerLimits) -> Http2Settings {
    let resets = (limits.streams_per_connection as usize).saturating_mul(RESETS_PER_STREAM);
    let mut settings = Http2Settings::new(TokioExecutor::new());
    settings
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_per_connection)
        .max_local_error_reset_streams(256)
        .max_pending_accept_reset_streams(resets)
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(1024 * 1024);
    settings
}

fn reflection<'a>() -> tonic_reflection::server::Builder<'a> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(ext_authz::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // Clients decode the details of errors with these descriptors.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}
