//! The server: services, limits, shutdown.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tonic::transport::{self, ServerTlsConfig, server::Router};
use tonic_health::server::HealthReporter;
use tower::layer::util::{Identity, Stack};

use super::{
    admin::Administration,
    admission::Admission,
    alert_stream::AlertStreams,
    call::{CallLayer, CallParts},
    denylist_service::Denylist,
    incoming::{Stay, connections},
    receiving::ReceivingLayer,
    session_service::Sessions,
    validation::{ValidationLayer, Validations},
};
use crate::{
    api::{
        DESCRIPTORS, admin_service_server::AdminServiceServer, denylist_service_server::DenylistServiceServer,
        session_service_server::SessionServiceServer,
    },
    authority::Authority,
};

/// What one connection, and the server as a whole, may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connections: usize,
    /// Calls open on one connection at a time.
    pub streams_per_connection: u32,
    pub message_bytes: usize,
    /// Unanswered checks of one `ValidateStream`.
    pub stream_in_flight: usize,
    pub header_bytes: u32,
    pub keepalive_interval: Duration,
    pub keepalive_timeout: Duration,
    pub connection_age: Duration,
    pub connection_age_grace: Duration,
}

/// What a server proves itself with.
pub struct Tls {
    /// PEM, leaf first.
    pub certificate: String,
    /// PEM.
    pub key: String,
    pub handshake_timeout: Duration,
}

/// A gRPC server that is ready to serve.
pub struct Server {
    router: Router<Stack<ReceivingLayer, Stack<ValidationLayer, Stack<CallLayer, Identity>>>>,
    health: HealthReporter,
}

impl Server {
    /// Puts the services together.
    pub async fn new(
        authority: Arc<Authority>,
        alerts: AlertStreams,
        call: CallParts,
        limits: Limits,
        tls: Option<Tls>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let admission = Admission::new(call.budgets, &call.observer);
        let validations = Validations {
            authority: Arc::clone(&authority),
            authenticator: Arc::clone(&call.authenticator),
            admission: admission.clone(),
            observer: Arc::clone(&call.observer),
            message_bytes: limits.message_bytes,
            timeout: call.timeout,
            stream_in_flight: limits.stream_in_flight,
            streams: alerts.responses.clone(),
        };
        let administration = Administration::new(
            Arc::clone(&authority),
            Arc::clone(&call.authenticator),
            admission.clone(),
            alerts.responses.clone(),
        );
        let (health, health_service) = tonic_health::server::health_reporter();
        let mut builder = transport::Server::builder();
        if let Some(tls) = tls {
            let identity = transport::Identity::from_pem(tls.certificate, tls.key);
            builder = builder.tls_config(ServerTlsConfig::new().identity(identity).timeout(tls.handshake_timeout))?;
        }
        // tonic hands a `None` on to hyper, where it lifts a limit instead of leaving the default: every
        // limit is therefore stated (RUSTSEC-2024-0003, CVE-2023-44487).
        let router = builder
            .max_concurrent_streams(limits.streams_per_connection)
            .http2_max_local_error_reset_streams(Some(256))
            .http2_max_pending_accept_reset_streams(Some(20))
            .http2_max_header_list_size(limits.header_bytes)
            .http2_keepalive_interval(Some(limits.keepalive_interval))
            .http2_keepalive_timeout(Some(limits.keepalive_timeout))
            .http2_adaptive_window(Some(false))
            .initial_stream_window_size(64 * 1024)
            .initial_connection_window_size(1024 * 1024)
            // Given its grace too, tonic 0.14.9 cuts a connection at the end of both without having asked it to
            // leave; the grace is therefore kept by `incoming`.
            .max_connection_age(limits.connection_age)
            .layer(CallLayer::new(call, admission.clone()))
            .layer(ValidationLayer::new(validations))
            .layer(ReceivingLayer::new(admission, limits.message_bytes))
            .add_service(
                SessionServiceServer::new(Sessions::new(authority, alerts))
                    .max_decoding_message_size(limits.message_bytes),
            )
            .add_service(AdminServiceServer::new(administration).max_decoding_message_size(limits.message_bytes))
            .add_service(DenylistServiceServer::new(Denylist).max_decoding_message_size(limits.message_bytes))
            .add_service(health_service.max_decoding_message_size(limits.message_bytes))
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?);
        let server = Self { router, health };
        // Until it is known that the store answers.
        server.health().set(false).await;
        Ok(server)
    }

    /// What is told to whoever asks for the server's health.
    #[must_use]
    pub fn health(&self) -> Health {
        Health(self.health.clone())
    }

    /// Serves until `stop` resolves, and then until the calls under way are answered.
    pub async fn serve(
        self,
        listener: TcpListener,
        limits: Limits,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), transport::Error> {
        let stay =
            Stay { silent: limits.keepalive_timeout, whole: limits.connection_age + limits.connection_age_grace };
        let incoming = connections(listener, limits.connections, stay);
        self.router.serve_with_incoming_shutdown(incoming, stop).await
    }
}

/// gRPC health (`grpc.health.v1`), for every service and the server as a whole.
#[derive(Clone)]
pub struct Health(HealthReporter);

impl Health {
    /// Tells that the server should be sent calls, or that it should not.
    pub async fn set(&self, serving: bool) {
        use tonic::server::NamedService;
        let status =
            if serving { tonic_health::ServingStatus::Serving } else { tonic_health::ServingStatus::NotServing };
        for service in [
            "",
            SessionServiceServer::<Sessions>::NAME,
            AdminServiceServer::<Administration>::NAME,
            DenylistServiceServer::<Denylist>::NAME,
        ] {
            self.0.set_service_status(service, status).await;
        }
    }
}

fn reflection<'a>() -> tonic_reflection::server::Builder<'a> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
