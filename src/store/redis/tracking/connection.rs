//! Tracking connections.

use std::{fmt, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, Pipeline, ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult,
    ServerErrorKind, Value, aio::MultiplexedConnection,
};
use tokio::time::timeout;

use super::{
    super::{
        RedisOptions,
        address::Endpoint,
        identity::{REPLICA, ServerIdentity},
        keys,
        router::Router,
        server_state::ServerState,
    },
    barrier::InvalidationBarrier,
    ordering_probe::{OrderingProbe, ProbeResult},
    push::{InvalidationPush, change_for_key},
    registry::TrackingRegistry,
};
use crate::{
    domain::Bucket,
    near_cache::source::{Invalidation, Lease},
    sync::Arc,
};

/// Time limit for the first responses on a new connection.
const SETUP_TIMEOUT: Duration = Duration::from_secs(1);

/// A tracking connection: a connection to a master that receives an invalidation for every key read on it.
pub(super) struct TrackingConnection {
    pub(super) endpoint: Endpoint,
    pub(super) lease: Arc<Lease>,
    pub(super) replication_id: String,
    pub(super) barrier: InvalidationBarrier,
    connection: MultiplexedConnection,
}

/// The reason for which a tracking connection was not established.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// A later attempt may succeed.
    Transient(String),
    /// Attempts fail until somebody changes something.
    Unsupported(String),
}

impl TrackingConnection {
    /// Connects, and checks that the server sends invalidations as it must. They go to `registry` as they arrive.
    pub(super) async fn open(
        router: &Router,
        endpoint: &Endpoint,
        bucket: Bucket,
        registry: &Arc<TrackingRegistry>,
    ) -> Result<Self, ConnectError> {
        let lease = Arc::new(Lease::new());
        let ordering_probe = Arc::new(OrderingProbe::default());
        let push_handler = PushHandler {
            registry: Arc::clone(registry),
            lease: Arc::clone(&lease),
            ordering_probe: Arc::clone(&ordering_probe),
        };
        let connection = connect(router, endpoint, push_handler).await?;
        let node = router
            .slot_map()
            .master_at(endpoint)
            .ok_or_else(|| ConnectError::Transient("it no longer serves any slot".to_owned()))?;
        let enabled = timeout(SETUP_TIMEOUT, enable_tracking(connection.clone(), bucket, &ordering_probe, &node.state));
        let replication_id =
            enabled.await.map_err(|_| ConnectError::Transient("it did not respond in time".to_owned()))??;
        Ok(Self {
            endpoint: endpoint.clone(),
            lease,
            replication_id,
            barrier: InvalidationBarrier::default(),
            connection,
        })
    }

    /// Sends several commands in one pipeline. Returns one result per command. The caller has to limit the time:
    /// without a response, this does not return.
    pub(super) async fn send(&self, mut commands: Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
        // Otherwise one error replaces all answers.
        commands.ignore_errors();
        let answers: Vec<_> = commands.query_async(&mut self.connection.clone()).await?;
        if answers.len() == commands.len() {
            Ok(answers)
        } else {
            Err((ErrorKind::Parse, "incomplete pipeline reply").into())
        }
    }

    pub(super) fn has_lease(&self, lease: &Lease) -> bool {
        std::ptr::eq(&raw const *self.lease, lease)
    }
}

/// Handles pushes where they arrive: within the connection, before later data is read.
struct PushHandler {
    registry: Arc<TrackingRegistry>,
    lease: Arc<Lease>,
    ordering_probe: Arc<OrderingProbe>,
}

impl PushHandler {
    /// Handles a push. It returns only when it is done, so that no later response is delivered before.
    fn handle(&self, push: &PushInfo) {
        match push.kind {
            PushKind::Invalidate => match InvalidationPush::parse(&push.data) {
                InvalidationPush::Keys(keys) => {
                    for key in keys {
                        match change_for_key(key) {
                            Some(change) => self.registry.listener().invalidate(change),
                            None => self.ordering_probe.record_invalidation(key),
                        }
                    }
                }
                InvalidationPush::Everything => {
                    for bucket in self.registry.attached_buckets(&self.lease) {
                        self.registry.listener().invalidate(Invalidation::Bucket(bucket));
                    }
                }
            },
            PushKind::Disconnection => self.registry.end_lease(&self.lease),
            _ => {}
        }
    }
}

async fn connect(
    router: &Router,
    endpoint: &Endpoint,
    push_handler: PushHandler,
) -> Result<MultiplexedConnection, ConnectError> {
    let RedisOptions { connect_timeout, .. } = router.options;
    let login = router.address.login_at(endpoint);
    let settings = login.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(login.set_redis_settings(settings)).map_err(|error| connect_error(&error))?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(connect_timeout))
        // A paused server does not make the connection invalid, and each caller has its own time limit.
        .set_response_timeout(None)
        .set_push_sender(move |push: PushInfo| {
            push_handler.handle(&push);
            Ok::<_, fmt::Error>(())
        });
    client.get_multiplexed_async_connection_with_config(&config).await.map_err(|error| connect_error(&error))
}

/// Turns tracking on for every key that is read, and returns the replication ID of the server. `BCAST` is not used
/// because it sends invalidations after later responses. `NOLOOP` is not used because the changes of a connection would
/// then go unnoticed by others, too.
async fn enable_tracking(
    mut connection: MultiplexedConnection,
    bucket: Bucket,
    ordering_probe: &OrderingProbe,
    state: &ServerState,
) -> Result<String, ConnectError> {
    compare_checkpoint(&mut connection, state).await?;
    let mut begin = redis::pipe();
    begin.cmd("INFO").arg("replication");
    begin.cmd("CLIENT").arg("TRACKING").arg("ON").ignore();
    begin.cmd("CLIENT").arg("TRACKINGINFO");
    begin.cmd("CLIENT").arg("ID");
    let (info, tracking, id): (String, Value, u64) =
        begin.query_async(&mut connection).await.map_err(|error| command_error(&error))?;
    let identity = ServerIdentity::parse(&info)
        .ok_or_else(|| ConnectError::Unsupported("INFO reports no role or replication id".to_owned()))?;
    if !identity.is_master {
        return Err(ConnectError::Transient(REPLICA.to_owned()));
    }
    if tracking_flags(&tracking) != ["on"] {
        return Err(ConnectError::Unsupported("CLIENT TRACKING could not be enabled".to_owned()));
    }
    match ordering_probe.run(connection, keys::probe(bucket, id)).await.map_err(|error| command_error(&error))? {
        ProbeResult::InOrder => Ok(identity.replication_id),
        ProbeResult::Late => Err(ConnectError::Unsupported("it sends invalidations after later replies".to_owned())),
        ProbeResult::Never => Err(ConnectError::Unsupported("it sends no invalidation for its own writes".to_owned())),
    }
}

/// Fails if the server has an older copy of its data.
async fn compare_checkpoint(connection: &mut MultiplexedConnection, state: &ServerState) -> Result<(), ConnectError> {
    let mut question = redis::pipe();
    question.ignore_errors();
    state.append_checkpoint_command(&mut question);
    let answers: Vec<RedisResult<Value>> =
        question.query_async(connection).await.map_err(|error| command_error(&error))?;
    state.compare_checkpoint(answers.into_iter().next().and_then(Result::ok));
    state.refusal().map_or(Ok(()), |error| Err(ConnectError::Transient(error.to_string())))
}

/// Returns the flags in the reply of `CLIENT TRACKINGINFO`.
fn tracking_flags(info: &Value) -> Vec<&str> {
    let Value::Map(fields) = info else { return Vec::new() };
    let named = fields.iter().find(|(name, _)| as_text(name) == Some("flags"));
    match named {
        Some((_, Value::Set(flags) | Value::Array(flags))) => flags.iter().filter_map(as_text).collect(),
        _ => Vec::new(),
    }
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(text) => std::str::from_utf8(text).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

/// Returns the error for a failed login. A server's message about a login that it does not understand contains the
/// password, so it is not repeated.
fn connect_error(error: &RedisError) -> ConnectError {
    match error.kind() {
        ErrorKind::Io => ConnectError::Transient(error.to_string()),
        ErrorKind::Server(ServerErrorKind::ResponseError) if error.detail().is_some_and(is_max_clients) => {
            ConnectError::Transient("maxclients is reached".to_owned())
        }
        ErrorKind::RESP3NotSupported | ErrorKind::Server(ServerErrorKind::ResponseError) => resp3_unsupported(),
        _ if error.code() == Some("NOPROTO") => resp3_unsupported(),
        _ => ConnectError::Transient(format!("login failed: {}", error.code().unwrap_or_else(|| error.category()))),
    }
}

fn is_max_clients(answer: &str) -> bool {
    answer.contains("max number of clients")
}

fn resp3_unsupported() -> ConnectError {
    ConnectError::Unsupported("RESP3 is not supported".to_owned())
}

fn command_error(error: &RedisError) -> ConnectError {
    let text = error.to_string().chars().take(200).collect();
    match error.kind() {
        ErrorKind::UnexpectedReturnType
        | ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::NoPerm) => {
            ConnectError::Unsupported(text)
        }
        _ => ConnectError::Transient(text),
    }
}
