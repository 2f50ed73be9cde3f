//! The server: services, limits, shutdown.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tonic::{
    transport::{Identity, ServerTlsConfig, server::TcpIncoming},
};
use tonic_health::server::HealthReporter;

use super::{
    admin_service::Administration,
    call::{CallLayer, CallParts},
    denylist_service::Denylist,
    session_service::Sessions,
};
use crate::{
    api::{
        DESCRIPTORS, admin_service_server::AdminServiceServer, denylist_service_server::DenylistServiceServer,
        session_service_server::SessionServiceServer,
    },
    authority::Authority,
};

/// The largest request: a Create with everything at its limit fits.
const MESSAGE_BYTES: usize = 64 * 1024;

/// What one connection, and one server, may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls open on one connection at a time.
    pub streams_per_connection: u32,
    pub tls_handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { streams_per_connection: 256, tls_handshake: Duration::from_secs(5) }
    }
}

/// A gRPC server that is ready to serve.
pub struct Server {
    router: tonic::transport::server::Router<tower::layer::util::Stack<CallLayer, tower::layer::util::Identity>>,
    health: HealthReporter,
}

impl Server {
    /// Puts the services together. With `tls`, a certificate chain and its key in PEM.
    pub async fn new(
        authority: Arc<Authority>,
        call: CallParts,
        limits: Limits,
        tls: Option<(Vec<u8>, Vec<u8>)>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_serving::<SessionServiceServer<Sessions>>().await;
        health.set_serving::<AdminServiceServer<Administration>>().await;
        health.set_serving::<DenylistServiceServer<Denylist>>().await;
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);

        let mut builder = tonic::transport::Server::builder();
        if let Some((certificates, key)) = tls {
            let identity = Identity::from_pem(certificates, key);
            builder = builder.tls_config(ServerTlsConfig::new().identity(identity).timeout(limits.tls_handshake))?;
        }
        // tonic hands a `None` on to hyper, where it lifts a limit instead of leaving the default: every
        // limit is therefore stated (RUSTSEC-2024-0003, CVE-2023-44487).
        let router = builder
            .max_concurrent_streams(limits.streams_per_connection)
            .http2_max_local_error_reset_streams(Some(256))
            .http2_max_pending_accept_reset_streams(Some(20))
            .http2_max_header_list_size(8 * 1024)
            .http2_keepalive_interval(Some(Duration::from_secs(30)))
            .http2_keepalive_timeout(Some(Duration::from_secs(10)))
            .http2_adaptive_window(Some(false))
            .initial_stream_window_size(64 * 1024)
            .initial_connection_window_size(1024 * 1024)
            .layer(CallLayer::new(call))
            .add_service(
                SessionServiceServer::new(Sessions::new(Arc::clone(&authority)))
                    .max_decoding_message_size(MESSAGE_BYTES),
            )
            .add_service(
                AdminServiceServer::new(Administration::new(authority)).max_decoding_message_size(MESSAGE_BYTES),
            )
            .add_service(DenylistServiceServer::new(Denylist).max_decoding_message_size(MESSAGE_BYTES))
            .add_service(health_service.max_decoding_message_size(MESSAGE_BYTES))
            .add_service(reflection.build_v1()?)
            .add_service(
                tonic_reflection::server::Builder::configure()
                    .register_encoded_file_descriptor_set(DESCRIPTORS)
                    .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                    .build_v1alpha()?,
            );
        Ok(Self { router, health })
    }

    /// Says whether the server answers for itself; set to not serving before it stops.
    #[must_use]
    pub fn health(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Serves until `stop` resolves, and then until the calls under way are answered.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), tonic::transport::Error> {
        let incoming =
            TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(Duration::from_secs(60)));
        self.router.serve_with_incoming_shutdown(incoming, stop).await
    }
}
