//! The server: services, limits and shutdown.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::{self, server::Router};
use tower::layer::util::{Identity, Stack};

use super::{
    admin::AdminServiceHandler,
    admission::AdmissionControl,
    alert_stream::AlertStreams,
    call::{CallLayer, CallLayerConfig},
    connection_layer::ConnectionLayer,
    denylist_service::DenylistServiceHandler,
    health::HealthReporter,
    incoming::connection_stream,
    receive_layer::ReceiveLayer,
    session_service::SessionServiceHandler,
    validate::{ValidationHandler, ValidationLayer},
};
use crate::{
    api::{
        DESCRIPTORS, admin_service_server::AdminServiceServer, denylist_service_server::DenylistServiceServer,
        session_service_server::SessionServiceServer,
    },
    authority::{CredentialList, UseCases},
    transport::connections::{
        ConnectionDeadline, ConnectionQuota, ConnectionRegistry, DrainLimits, IncomingConnections, ListenerTls,
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

/// The layers in front of the services, the outermost last.
type ServerLayers = Stack<ReceiveLayer, Stack<ValidationLayer, Stack<CallLayer, Stack<ConnectionLayer, Identity>>>>;

/// A gRPC server that is ready to serve.
pub struct GrpcServer {
    router: Router<ServerLayers>,
    health: HealthReporter,
    connections: ConnectionRegistry,
    tls: Option<ListenerTls>,
    drain: DrainLimits,
}

impl GrpcServer {
    /// Builds the server from its services and layers. Fails if the descriptors for reflection are invalid.
    pub fn new(
        use_cases: &UseCases,
        credentials: CredentialList,
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
        let administration = AdminServiceHandler::new(
            use_cases,
            credentials,
            Arc::clone(&call.authenticator),
            admission.clone(),
            alerts.responses.clone(),
        );
        let health = HealthReporter::new();
        let health_service = health.service(alerts.responses.clone(), Arc::clone(&call.clock));
        let resets = (limits.streams_per_connection as usize).saturating_mul(RESETS_PER_STREAM);
        // tonic passes a `None` on to hyper, where it removes a limit instead of keeping the default. Every limit is
        // therefore set explicitly (RUSTSEC-2024-0003, CVE-2023-44487).
        let router = transport::Server::builder()
            .max_concurrent_streams(limits.streams_per_connection)
            .http2_max_local_error_reset_streams(Some(256))
            .http2_max_pending_accept_reset_streams(Some(resets))
            .http2_max_header_list_size(limits.header_bytes)
            .http2_keepalive_interval(Some(limits.keepalive_interval))
            .http2_keepalive_timeout(Some(limits.keepalive_timeout))
            .http2_adaptive_window(Some(false))
            .initial_stream_window_size(64 * 1024)
            .initial_connection_window_size(1024 * 1024)
            // With a grace period set as well, tonic 0.14.9 closes a connection at the end of both without a GOAWAY
            // before. `BoundedStream` therefore enforces the grace period.
            .max_connection_age(limits.connection_age)
            .layer(ConnectionLayer)
            .layer(CallLayer::new(call, admission.clone()))
            .layer(ValidationLayer::new(validation_handler))
            .layer(ReceiveLayer::new(admission, limits.message_bytes))
            .add_service(
                SessionServiceServer::new(SessionServiceHandler::new(use_cases, alerts))
                    .max_decoding_message_size(limits.message_bytes),
            )
            .add_service(AdminServiceServer::new(administration).max_decoding_message_size(limits.message_bytes))
            .add_service(
                DenylistServiceServer::new(DenylistServiceHandler::new(use_cases))
                    .max_decoding_message_size(limits.message_bytes),
            )
            .add_service(health_service.max_decoding_message_size(limits.message_bytes))
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?);
        Ok(Self { router, health, connections: ConnectionRegistry::new(limits.connections), tls, drain })
    }

    /// Returns the reporter of the health status: whether the server should receive calls.
    #[must_use]
    pub fn health(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Serves until `stop`, and then until the calls in flight are complete.
    pub async fn serve(
        self,
        listener: TcpListener,
        limits: ServerLimits,
        stop: CancellationToken,
    ) -> Result<(), transport::Error> {
        let age = limits.connection_age + limits.connection_age_grace;
        let deadline = ConnectionDeadline::Authentication { first: limits.unauthenticated_timeout, age };
        let incoming = IncomingConnections::new(listener, "gRPC", self.connections.clone(), deadline, self.tls);
        let serving = self.router.serve_with_incoming_shutdown(connection_stream(incoming), stop.cancelled());
        let draining = async {
            stop.cancelled().await;
            self.connections.drain(self.drain).await
        };
        tokio::select! {
            served = serving => served,
            never = draining => match never {},
        }
    }
}

fn reflection<'a>() -> tonic_reflection::server::Builder<'a> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // Clients decode the details of errors with these descriptors.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}
