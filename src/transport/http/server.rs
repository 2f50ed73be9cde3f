//! The HTTP server for gateways, services, administrators and browsers.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    call::HttpCalls,
    connection::{HttpServices, serve_connection},
    forward_auth::ForwardAuth,
    grpc_web::GrpcWeb,
    jwks,
    pages::{PageServer, PageSettings},
    rest::{self, RestApi},
    user_sessions::{self, UserSessionSettings, UserSessions},
};
use crate::authority::UseCases;
use crate::transport::{
    RequestChecker,
    connections::{ConnectionDeadline, ConnectionRegistry, DrainLimits, IncomingConnections, ListenerTls},
    grpc::{GrpcServer, ServerLimits},
};

/// The part of the time limit of a call that is reserved for the response.
const RESPONSE_MARGIN: Duration = Duration::from_millis(20);

/// The settings of the server.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The time limit of a call.
    pub timeout: Duration,
    /// Other sites whose pages may send requests that change something.
    pub trusted_origins: Arc<[String]>,
    /// `None`: the sessions of signed-in users are not served.
    pub user_sessions: Option<UserSessionSettings>,
}

/// An HTTP server that is ready to serve.
pub struct HttpServer {
    services: HttpServices,
    connections: ConnectionRegistry,
    deadline: ConnectionDeadline,
    tls: Option<ListenerTls>,
    drain: DrainLimits,
}

impl HttpServer {
    /// Builds the server. It shares the callers, the budgets and the limits of `grpc`.
    #[must_use]
    pub fn new(
        grpc: &GrpcServer,
        use_cases: &UseCases,
        checker: Arc<RequestChecker>,
        limits: ServerLimits,
        settings: HttpSettings,
        tls: Option<ListenerTls>,
    ) -> Self {
        let HttpSettings { timeout, trusted_origins, user_sessions } = settings;
        let calls = || HttpCalls { gate: grpc.gate() };
        let timeout = timeout.saturating_sub(RESPONSE_MARGIN.min(timeout / 2));
        let api = RestApi {
            http: calls(),
            calls: grpc.in_process_calls(),
            message_bytes: limits.message_bytes,
            trusted_origins: Arc::clone(&trusted_origins),
        };
        let users = user_sessions.map(|settings| {
            let checker = Arc::clone(&checker);
            let users = UserSessions::new(calls(), checker, use_cases, settings, Arc::clone(&trusted_origins), timeout);
            user_sessions::router(Arc::new(users))
        });
        let services = HttpServices {
            forward_auth: ForwardAuth { calls: calls(), checker, timeout },
            grpc_web: GrpcWeb { calls: calls(), services: grpc.grpc_web(), trusted_origins },
            router: rest::router(Arc::new(api), users.unwrap_or_default()),
            connection_age: limits.connection_age,
        };
        let age = limits.connection_age + limits.connection_age_grace;
        Self {
            services,
            connections: ConnectionRegistry::new(limits.connections),
            deadline: ConnectionDeadline::Authentication { first: limits.unauthenticated_timeout, age },
            tls,
            drain: grpc.drain_limits(),
        }
    }

    /// Serves pages, too. They call the services of `grpc`.
    #[must_use]
    pub fn with_pages(mut self, grpc: &GrpcServer, settings: PageSettings) -> Self {
        let calls = HttpCalls { gate: grpc.gate() };
        let pages = PageServer::new(calls, grpc.local_services(), settings).into_router();
        self.services.router = self.services.router.merge(pages);
        self
    }

    /// Serves the public keys of security event tokens, too.
    #[must_use]
    pub fn with_jwks(mut self, keys: impl Fn() -> String + Clone + Send + Sync + 'static) -> Self {
        self.services.router = self.services.router.merge(jwks::router(keys));
        self
    }

    /// Serves until `stop`, and then until the calls in flight are complete.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let incoming = IncomingConnections::new(listener, "HTTP", self.connections, self.deadline, self.tls);
        let services = Arc::new(self.services);
        let serve = |stream| serve_connection(stream, Arc::clone(&services), stop.clone());
        incoming.serve(serve, self.drain, &stop).await;
    }
}
