//! The HTTP server for gateways, services and administrators.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::any};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    bounded_listener::{BoundedListener, RequestConnection},
    call::HttpCalls,
    forward_auth::{ForwardAuth, check, check_default},
    rest::{self, RestApi},
    user_sessions::{self, UserSessionSettings, UserSessions},
};
use crate::authority::UseCases;
use crate::transport::{
    RequestChecker,
    connections::{ConnectionDeadline, ConnectionRegistry, DrainLimits, ListenerTls},
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
    router: Router,
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
        let calls = || HttpCalls { gate: grpc.gate(), connection_age: limits.connection_age };
        let timeout = timeout.saturating_sub(RESPONSE_MARGIN.min(timeout / 2));
        let api = RestApi {
            http: calls(),
            calls: grpc.in_process_calls(),
            message_bytes: limits.message_bytes,
            trusted_origins: Arc::clone(&trusted_origins),
        };
        let users = user_sessions.map(|settings| {
            let checker = Arc::clone(&checker);
            let users = UserSessions::new(calls(), checker, use_cases, settings, trusted_origins, timeout);
            user_sessions::router(Arc::new(users))
        });
        let forward_auth = Router::new()
            .route("/v1/forward-auth", any(check_default))
            .route("/v1/forward-auth/{profile}", any(check))
            .with_state(Arc::new(ForwardAuth { calls: calls(), checker, timeout }));
        let router = rest::router(Arc::new(api), users.unwrap_or_default().merge(forward_auth));
        let age = limits.connection_age + limits.connection_age_grace;
        Self {
            router,
            connections: ConnectionRegistry::new(limits.connections),
            deadline: ConnectionDeadline::Authentication { first: limits.unauthenticated_timeout, age },
            tls,
            drain: grpc.drain_limits(),
        }
    }

    /// Serves until `stop`, and then until the calls in flight are complete.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
        let listener = BoundedListener::for_callers(listener, self.tls, self.connections.clone(), self.deadline);
        let service = self.router.into_make_service_with_connect_info::<RequestConnection>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let draining = async {
            stop.cancelled().await;
            self.connections.drain(self.drain).await
        };
        tokio::select! {
            served = async { serving.await } => served,
            never = draining => match never {},
        }
    }
}
