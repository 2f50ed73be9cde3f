//! The composition root: the only place that combines concrete types.

mod background;
mod binding;
mod bucket_scanner;
mod caller_log;
mod callers;
mod checkpoints;
mod checks;
mod connect;
mod geo;
mod membership;
mod node_monitor;
mod notifications;
mod readiness;
mod secret_files;
mod tls_reload;
mod token_keys;
mod use_cases;
mod webhooks;

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use crate::{
    alerts::{AlertFeed, FeedSettings},
    audit::{AuditDatabase, Relay},
    authority::{
        ActivityWriter, CredentialList, RefusedCallRecorder, audit_condition::AuditCondition, backlog::BacklogGate,
        clock_monitor::ClockMonitor, token_key_registry::TokenKeyRegistry,
    },
    clock::{Clock, SystemClock},
    config::{CallerRateConfig, Config, ManagementConfig, ShutdownConfig, UserSessionsConfig},
    device::DeviceNamer,
    entropy::{Entropy, EntropyError, SystemEntropy},
    lifecycle::{self, TaskGroup},
    near_cache::{CachedDenylist, NearCache, NearCacheParts},
    notifications::NotificationFeeder,
    store::{
        AlertStream, BindingId, BoundStore, SharedWork, StoreBinding, StoreError, StoreHealth, sqlite::ClockSettings,
    },
    telemetry::{self, DenylistCacheMetrics, Metrics, TelemetryError},
    tls::ListenerKind,
    transport::{
        RequestChecker,
        connections::{ConnectionQuota, ListenerTls},
        grpc::{
            AdminDirectories, GrpcServer, HealthReporter, ServerLimits,
            admission::{AdmissionLimits, CallerRates},
            alert_stream::AlertStreams,
            call::CallLayerConfig,
            encode_cached_session,
            response_stream::ResponseStreamSpawner,
        },
        http::{self, AccountSettings, ConsoleSettings, HttpServer, HttpSettings, PageSettings, UserSessionSettings},
    },
};

use self::{
    binding::InstallationBinding,
    caller_log::CallerLogWriter,
    callers::CallerAuthenticator,
    checkpoints::CheckpointMonitor,
    connect::{StoreContext, StoreHandles},
    geo::GeoDatabases,
    node_monitor::NodeMonitor,
    notifications::NotificationTasks,
    readiness::Readiness,
    tls_reload::NodeTls,
    token_keys::TokenKeyWatch,
    use_cases::{ChangeSignals, UseCaseParts, compose_use_cases},
    webhooks::NodeWebhooks,
};

pub use self::{binding::BindingError, connect::audit_url};

/// The interval at which the alert stream is read, even without notifications.
const FEED_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The reason that a server did not start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{what} cannot listen on {address}: {source}")]
    Listen { what: &'static str, address: SocketAddr, source: std::io::Error },
    #[error("{0}")]
    Store(#[from] crate::store::StoreError),
    #[error("{0}")]
    Audit(#[from] crate::audit::AuditError),
    #[error("{0}")]
    Binding(#[from] BindingError),
    #[error("{0}")]
    Callers(#[from] crate::callers::CallerFileError),
    #[error("{0}")]
    Tls(#[from] crate::tls::TlsFileError),
    #[error("failed to configure the gRPC server: {0}")]
    Server(Box<dyn std::error::Error + Send + Sync>),
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    #[error("failed to install signal handlers: {0}")]
    Signals(std::io::Error),
    #[error("shutdown did not complete: `shutdown.deadline` passed, or a second signal arrived")]
    StoppedEarly,
}

/// The environment of a node, which is passed in from outside.
pub struct NodeEnvironment {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub metrics: Arc<Metrics>,
    /// Set if an operator has confirmed that the clock is right, however far it is ahead of the stored times.
    pub accept_clock: bool,
}

/// A running server.
pub struct Node {
    /// The address at which gRPC is served.
    pub grpc: SocketAddr,
    /// The address at which HTTP is served for gateways, if it is.
    pub http: Option<SocketAddr>,
    /// The address at which `/livez`, `/readyz` and `/metrics` are served.
    pub management: SocketAddr,
    activity_writer: Arc<ActivityWriter>,
    store: Arc<dyn StoreHealth>,
    shared: Option<SharedWork>,
    audit: AuditDatabase,
    readiness: Arc<Readiness>,
    health: HealthReporter,
    serving: TaskGroup,
    background: TaskGroup,
    shutdown: ShutdownConfig,
}

/// Serves until the process is asked to stop, then stops in order. Calls `started` with the node once it serves.
///
/// With `accept_clock`, a clock that is far ahead of the stored times is accepted.
pub async fn run(config: Config, accept_clock: bool, started: impl FnOnce(&Node)) -> Result<(), StartError> {
    let telemetry = telemetry::start(&config.log, &config.telemetry)?;
    secret_files::warn_if_world_readable(&config.secret_files);
    let clock = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new(clock.now()));
    let environment = NodeEnvironment { clock, entropy: Arc::new(SystemEntropy), metrics, accept_clock };
    // Signals are handled from the beginning, so that none is lost that arrives as soon as the node serves.
    let mut stop = pin!(lifecycle::wait_for_stop_signal());
    let node = tokio::select! {
        biased;
        asked = &mut stop => return asked.map_err(StartError::Signals),
        node = Node::start(config, environment) => node?,
    };
    let http = node.http.map(|address| address.to_string()).unwrap_or_default();
    tracing::info!(grpc = %node.grpc, %http, management = %node.management, "serving");
    started(&node);
    stop.await.map_err(StartError::Signals)?;
    tracing::info!("stopping");
    let deadline = node.shutdown.deadline;
    let stopped = async {
        node.shut_down().await;
        tracing::info!("stopped");
        telemetry.flush().await;
    };
    tokio::select! {
        in_time = tokio::time::timeout(deadline, stopped) => in_time.map_err(|_| StartError::StoppedEarly),
        // A second signal means that the operator does not want to wait.
        _ = lifecycle::wait_for_forced_stop_signal() => Err(StartError::StoppedEarly),
    }
}

impl Node {
    /// Connects to the databases, listens, and starts to serve.
    #[expect(clippy::too_many_lines, reason = "it combines all parts, in an order that matters")]
    pub async fn start(config: Config, environment: NodeEnvironment) -> Result<Self, StartError> {
        let NodeEnvironment { clock, entropy, metrics, accept_clock } = environment;
        let namer = DeviceNamer::new();
        let callers = Arc::new(CallerAuthenticator::open(&config, Arc::clone(&clock), Arc::clone(&metrics))?);
        let tls = NodeTls::open(&config, &clock, &metrics)?;
        let (grpc, grpc_listener) = listen("gRPC", config.server.listen).await?;
        let (management, management_listener) = listen("management", config.management.listen).await?;
        let (http, http_listener) = match config.http.listen {
            Some(address) => {
                listen("HTTP", address).await.map(|(address, listener)| (Some(address), Some(listener)))?
            }
            None => (None, None),
        };
        let context = store_context(&config, &metrics, &clock, accept_clock);
        let stores = connect::open_stores(&config.store, context).await?;
        let (near_cache, denylist) = new_near_cache(&config, &stores, Arc::clone(&clock), &metrics);
        let StoreHandles { outbox, health: store, alerts, failures, bound, background, replace_credentials, .. } =
            stores;
        let tls = tls.with_store(&config.store, replace_credentials)?;
        let shared = background.map(|store| membership::new_shared_work(store, entropy.as_ref())).transpose()?;
        let clock_monitor = Arc::new(ClockMonitor::new(clock.as_ref(), config.sessions.max_clock_skew));
        let audit = connect::open_audit(&config.audit).await?;
        let relay = Relay::new(outbox, Arc::clone(&audit.log), Arc::clone(&clock));
        let relay = Arc::new(relay.with_shared_work(shared.clone()));
        // Held until it is certain that the audit database belongs to the store.
        relay.hold(true);
        let integrity = StoreIntegrity::establish(&config, bound, &audit, &entropy, &metrics).await?;

        let backlog = Arc::new(BacklogGate::new(config.audit.max_backlog));
        let readiness = Arc::new(Readiness::new(Arc::clone(&metrics), Arc::clone(&clock)));
        let places =
            GeoDatabases::open(config.geo.clone(), Arc::clone(&clock), Arc::clone(&metrics), Arc::clone(&readiness))
                .await;
        let signals = ChangeSignals::default();
        let refused_calls = Arc::<RefusedCallRecorder>::default();
        let webhooks = NodeWebhooks::new(&config, &audit, &integrity.audit_condition, &metrics, &clock, &entropy)?;
        let tls = tls.with_webhooks(webhooks.files.clone());
        let use_cases = compose_use_cases(&UseCaseParts {
            config: &config,
            near_cache: &near_cache,
            denylist: &denylist,
            engine: store.engine(),
            clock: &clock,
            clock_monitor: &clock_monitor,
            entropy: &entropy,
            locator: places.locator(),
            namer: namer.clone(),
            network_lists: places.network_lists(),
            metrics: &metrics,
            backlog: &backlog,
            alerts: &alerts,
            failures: &failures,
            audit: &audit,
            integrity: &integrity,
            relay: &relay,
            shared: &shared,
            signals: &signals,
            refused_calls: &refused_calls,
            webhooks: &webhooks.administration,
        });

        // If the clocks cannot be compared now, this is retried once a second. Until then there are no verdicts.
        let _ = checks::compare_clocks(store.as_ref(), clock.as_ref(), &clock_monitor).await;

        let serving = TaskGroup::new();
        let feed = new_feed(&config, Arc::clone(&alerts), &audit, Arc::clone(&clock), &metrics);
        let streams = alert_streams(&config, &feed, &callers, &clock, &serving);
        let caller_log = CallerLogWriter::new(&audit, &refused_calls, &callers, &entropy);
        let calls = call_parts(&config, &callers, refused_calls, &clock, entropy, &metrics);
        let node_monitor = Arc::new(NodeMonitor {
            shared: shared.clone(),
            readiness: Arc::clone(&readiness),
            clock: Arc::clone(&clock),
            clock_monitor: Arc::clone(&clock_monitor),
            near_cache: Arc::clone(&near_cache),
            relay: relay.status(),
            started_at: clock.now(),
        });
        let directories = AdminDirectories {
            credentials: CredentialList { directory: Arc::clone(&callers) as _, uses: Arc::clone(&audit.callers) },
            nodes: Arc::clone(&node_monitor) as _,
        };
        let limits = server_limits(&config);
        let grpc_tls = tls.listener(ListenerKind::Grpc);
        let decisions = Arc::clone(&metrics) as _;
        let checker = RequestChecker::new(Arc::clone(&use_cases.validator), config.gateway.clone(), decisions);
        let checker = Arc::new(checker);
        let timeout = calls.timeout;
        let server = GrpcServer::new(&use_cases, directories, Arc::clone(&checker), streams, calls, limits, grpc_tls)
            .map_err(StartError::Server)?;
        let http_tls = tls.listener(ListenerKind::Http);
        let pages = page_settings(&config, http_tls.is_some(), Arc::clone(&readiness));
        let http_server =
            HttpServer::new(&server, &use_cases, checker, limits, http_settings(&config, timeout), http_tls)
                .with_pages(&server, pages);
        let files = webhooks.files.clone();
        let http_server = if files.signer().is_some() {
            http_server.with_jwks(move || files.signer().map(|signer| signer.jwks().to_string()).unwrap_or_default())
        } else {
            http_server
        };
        let health = server.health();

        // Otherwise the first sign-ins would wait for them, and some beyond their deadline.
        if namer.load().await {
            tracing::info!("user-agent definitions loaded");
        }
        let background = TaskGroup::new();
        let stop = serving.stop_token();
        serving.spawn("gRPC", server.serve(grpc_listener, limits, stop));
        if let Some(listener) = http_listener {
            serving.spawn("HTTP", http_server.serve(listener, serving.stop_token()));
        }
        let management_tls = config.management.tls.then(|| tls.listener(ListenerKind::Management)).flatten();
        let management_port = (management_listener, management_tls);
        serve_management(&background, &config.management, management_port, Arc::clone(&readiness), &callers);
        background::spawn(
            &background,
            &config,
            background::BackgroundParts {
                sweeper: use_cases.sweeper,
                activity_writer: Arc::clone(&use_cases.activity_writer),
                session_watcher: Arc::clone(&use_cases.session_watcher),
                rejected_token_watcher: Arc::clone(&use_cases.rejected_token_watcher),
                signals,
                store: Arc::clone(&store),
                relay,
                shared: shared.clone(),
                log: Arc::clone(&audit.log),
                alerts,
                archive: Arc::clone(&audit.alerts),
                notifications: NotificationTasks {
                    feeder: Arc::new(NotificationFeeder::new(
                        Arc::clone(&audit.notifications),
                        config.notifications.clone(),
                    )),
                    dispatcher: use_cases.notifications,
                    is_enabled: config.notifications.enabled,
                },
                webhooks: webhooks.supervisor,
                near_cache,
                feed,
                clock,
                clock_monitor,
                node_monitor,
                integrity,
                callers,
                caller_log,
                tls,
                geo_databases: places,
                backlog,
                metrics,
                readiness: Arc::clone(&readiness),
                health: health.clone(),
                accept_clock,
            },
        );
        Ok(Self {
            grpc,
            http,
            management,
            activity_writer: use_cases.activity_writer,
            store,
            shared,
            audit,
            readiness,
            health,
            serving,
            background,
            shutdown: config.shutdown,
        })
    }

    /// Writes the activity that is due now, as the node does by itself about every second.
    pub async fn flush_activity(&self) -> Result<usize, crate::domain::CallError> {
        self.activity_writer.flush().await
    }

    /// Sends the last activity of sessions to the audit database, as the node does by itself twice a minute.
    pub async fn send_activity_to_audit(&self) -> Result<usize, crate::domain::CallError> {
        self.activity_writer.send_to_audit().await
    }

    /// Stops in order: the node becomes not ready and waits for load balancers, completes the calls in flight, writes
    /// activity and drains the outbox. Returns `false` if this took longer than the deadline. The process must then be
    /// ended with work left undone.
    pub async fn stop(self) -> bool {
        let deadline = self.shutdown.deadline;
        tokio::time::timeout(deadline, self.shut_down()).await.is_ok()
    }

    async fn shut_down(self) {
        // A load balancer that was notified earlier has had that time to react.
        let delay = self.shutdown.delay.saturating_sub(self.health.not_serving_for());
        self.readiness.drain();
        self.health.set_serving(false);
        tokio::time::sleep(delay).await;
        // Callers that hold connections open get a part of the time. Then their connections are closed.
        let grace_period = self.shutdown.deadline.saturating_sub(self.shutdown.delay) / 2;
        if !self.serving.stop(grace_period).await {
            tracing::warn!("calls were still in flight after the grace period");
        }
        match self.activity_writer.flush_all().await {
            Ok(written) => tracing::debug!(written, "activity written"),
            Err(error) => tracing::warn!(?error, "failed to write the last minute of session activity"),
        }
        if let Err(error) = self.activity_writer.send_to_audit().await {
            tracing::debug!(?error, "failed to send the last session activity to the audit database");
        }
        if !self.background.stop(Duration::MAX).await {
            tracing::warn!("background tasks did not stop");
        }
        if let Some(work) = &self.shared {
            membership::leave(work).await;
        }
        self.store.close().await;
        self.audit.log.close().await;
    }
}

/// Adopts the store and the audit database that `config` names as they are, whatever they were bound to.
pub struct StoreAdoption {
    binding: InstallationBinding,
}

impl StoreAdoption {
    /// Connects to both. With `accept_clock`, an embedded store accepts a clock that is far ahead of its stored times.
    pub async fn connect(config: &Config, accept_clock: bool) -> Result<Self, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let metrics = Metrics::new(clock.now());
        let stores = connect::open_stores(&config.store, store_context(config, &metrics, &clock, accept_clock)).await?;
        let audit = connect::open_audit(&config.audit).await?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        Ok(Self { binding: binding(config, stores.bound, &audit, &entropy) })
    }

    /// Describes the two in one line each.
    pub async fn describe(&self) -> Result<String, StartError> {
        Ok(self.binding.describe().await?)
    }

    /// Binds them to this installation and to each other.
    pub async fn adopt(&self) -> Result<StoreBinding, StartError> {
        Ok(self.binding.adopt().await?)
    }
}

/// The parts that ensure that the store and the audit database are the right ones, and up to date.
struct StoreIntegrity {
    binding: Arc<InstallationBinding>,
    checkpoints: Arc<CheckpointMonitor>,
    audit_condition: Arc<AuditCondition>,
    token_keys: Arc<TokenKeyWatch>,
    token_key_registry: Arc<TokenKeyRegistry>,
}

impl StoreIntegrity {
    async fn establish(
        config: &Config,
        store: Arc<dyn BoundStore>,
        audit: &AuditDatabase,
        entropy: &Arc<dyn Entropy>,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, BindingError> {
        let audit_condition = Arc::<AuditCondition>::default();
        let binding = Arc::new(binding(config, Arc::clone(&store), audit, entropy));
        if binding.establish().await? {
            audit_condition.mark_examined();
        }
        let condition = Arc::clone(&audit_condition);
        let checkpoints =
            Arc::new(CheckpointMonitor::new(Arc::clone(&store), audit.clone(), condition, Arc::clone(metrics)));
        checkpoints.advance().await?;
        let token_key_registry = Arc::<TokenKeyRegistry>::default();
        let token_keys = Arc::new(TokenKeyWatch::new(store, &config.keys.token, Arc::clone(&token_key_registry)));
        match token_keys.compare().await {
            // A part of the store that is unreachable or accepts no writes is retried.
            Ok(()) | Err(BindingError::Store(StoreError::Unreachable { .. } | StoreError::NoResponse { .. })) => {}
            Err(error) => return Err(error),
        }
        Ok(Self { binding, checkpoints, audit_condition, token_keys, token_key_registry })
    }
}

fn alert_streams(
    config: &Config,
    feed: &Arc<AlertFeed>,
    callers: &Arc<CallerAuthenticator>,
    clock: &Arc<dyn Clock>,
    serving: &TaskGroup,
) -> AlertStreams {
    AlertStreams {
        feed: Arc::clone(feed),
        authenticator: Arc::clone(callers) as _,
        clock: Arc::clone(clock),
        heartbeat_interval: config.alerts.heartbeat_interval,
        responses: ResponseStreamSpawner {
            stream_write_timeout: config.server.stream_write_timeout,
            stop: serving.stop_token(),
        },
    }
}

fn binding(
    config: &Config,
    store: Arc<dyn BoundStore>,
    audit: &AuditDatabase,
    entropy: &Arc<dyn Entropy>,
) -> InstallationBinding {
    let installation = BindingId::from_installation_secret(&config.keys.installation);
    InstallationBinding::new(store, audit.clone(), installation, config.store.adopt_empty, Arc::clone(entropy))
}

async fn listen(what: &'static str, address: SocketAddr) -> Result<(SocketAddr, TcpListener), StartError> {
    let refused = |source| StartError::Listen { what, address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    Ok((listener.local_addr().map_err(refused)?, listener))
}

fn call_parts(
    config: &Config,
    callers: &Arc<CallerAuthenticator>,
    refused_calls: Arc<RefusedCallRecorder>,
    clock: &Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    metrics: &Arc<Metrics>,
) -> CallLayerConfig {
    CallLayerConfig {
        authenticator: Arc::clone(callers) as _,
        entropy,
        observer: Arc::clone(metrics) as _,
        refused_calls,
        clock: Arc::clone(clock),
        budgets: budgets(config),
        message_timeout: config.server.message_timeout,
        timeout: config.server.request_timeout,
        traced: config.telemetry.otlp_endpoint.is_some(),
    }
}

fn store_context<'a>(
    config: &Config,
    metrics: &'a Metrics,
    clock: &Arc<dyn Clock>,
    accept_clock: bool,
) -> StoreContext<'a> {
    let max_skew = config.sessions.max_clock_skew;
    StoreContext {
        installation: BindingId::from_installation_secret(&config.keys.installation),
        metrics,
        clock: ClockSettings { clock: Arc::clone(clock), max_skew, accept_clock },
    }
}

fn budgets(config: &Config) -> AdmissionLimits {
    let budgets = &config.server.concurrency;
    AdmissionLimits {
        validations: budgets.validations,
        writes: budgets.writes,
        revocations: budgets.revocations,
        reads: budgets.reads,
        admin: budgets.admin,
        streams: budgets.streams,
        alerts: config.alerts.max_subscribers,
        receiving: budgets.receiving,
        unauthenticated: budgets.unauthenticated,
        caller_share: config.server.caller_share,
        caller_rates: {
            let CallerRateConfig { validations, writes, revocations, reads, admin, burst } = config.server.caller_rate;
            CallerRates { validations, writes, revocations, reads, admin, burst }
        },
    }
}

fn new_near_cache(
    config: &Config,
    stores: &StoreHandles,
    clock: Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
) -> (Arc<NearCache>, CachedDenylist) {
    let near_cache = NearCache::new(NearCacheParts {
        store: Arc::clone(&stores.sessions),
        source: Arc::clone(&stores.invalidation_source),
        encode_session: encode_cached_session,
        clock,
        observer: Arc::clone(metrics) as _,
        max_size: config.cache.max_size,
        max_staleness: config.cache.max_staleness,
    });
    let observer = Arc::new(DenylistCacheMetrics::new(metrics));
    let denylist = CachedDenylist::new(Arc::clone(&stores.denylist), &near_cache, observer);
    (Arc::new(near_cache), denylist)
}

fn new_feed(
    config: &Config,
    stream: Arc<dyn AlertStream>,
    audit: &AuditDatabase,
    clock: Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
) -> Arc<AlertFeed> {
    let settings = FeedSettings {
        buffer: config.alerts.subscriber_buffer,
        max_subscribers: config.alerts.max_subscribers,
        poll_interval: FEED_POLL_INTERVAL,
    };
    AlertFeed::new(stream, Arc::clone(&audit.alerts), clock, Arc::clone(metrics) as _, settings)
}

fn server_limits(config: &Config) -> ServerLimits {
    let server = &config.server;
    ServerLimits {
        connections: ConnectionQuota {
            total: server.max_connections,
            unauthenticated: server.max_unauthenticated_connections,
            unauthenticated_per_peer: server.max_unauthenticated_per_peer,
            per_caller: server.connections_per_caller(),
            calls_per_connection: server.max_concurrent_streams as usize,
        },
        unauthenticated_timeout: server.unauthenticated_timeout,
        streams_per_connection: server.max_concurrent_streams,
        message_bytes: server.max_message_size,
        max_in_flight_per_stream: server.max_in_flight_per_stream,
        header_bytes: server.max_header_size,
        keepalive_interval: server.keepalive_interval,
        keepalive_timeout: server.keepalive_timeout,
        connection_age: server.max_connection_age,
        connection_age_grace: server.max_connection_age_grace,
    }
}

fn http_settings(config: &Config, timeout: Duration) -> HttpSettings {
    let UserSessionsConfig { enabled, max_auth_age, min_assurance_level, rate, burst } = config.http.user_sessions;
    HttpSettings {
        timeout,
        trusted_origins: config.http.trusted_origins.clone().into(),
        user_sessions: enabled.then_some(UserSessionSettings { max_auth_age, min_assurance_level, rate, burst }),
    }
}

fn page_settings(config: &Config, has_tls: bool, readiness: Arc<Readiness>) -> PageSettings {
    let console = &config.console;
    let account = &config.account;
    PageSettings {
        console: console.enabled.then(|| ConsoleSettings {
            tenant: console.tenant.clone(),
            policy: console.policy.clone(),
            gateway_header: console.gateway_header.clone(),
            cookie_key: config.keys.installation.derive_key("console cookie"),
            readiness,
        }),
        account: account.enabled.then(|| AccountSettings {
            credentials: config.gateway.credentials.clone(),
            login_url: account.login_url.clone(),
            max_auth_age: config.http.user_sessions.max_auth_age,
            min_assurance_level: config.http.user_sessions.min_assurance_level,
        }),
        client_address: config.http.client_address,
        has_tls,
    }
}

/// Serves probes and metrics until the background work stops.
fn serve_management(
    background: &TaskGroup,
    settings: &ManagementConfig,
    (listener, tls): (TcpListener, Option<ListenerTls>),
    readiness: Arc<Readiness>,
    callers: &Arc<CallerAuthenticator>,
) {
    let limits =
        http::ConnectionLimits { connections: settings.max_connections, request_timeout: settings.request_timeout };
    let access =
        http::ManagementAccess { authenticator: Arc::clone(callers) as _, anonymous: !settings.metrics_require_key };
    let port = http::serve(listener, tls, readiness, access, limits, background.stop_token());
    background.spawn("management", async move {
        if let Err(error) = port.await {
            tracing::error!(%error, "the management port ended");
        }
    });
}
