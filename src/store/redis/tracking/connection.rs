//! A connection that is told of changes.

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
    store::{Invalidation, Lease},
    sync::Arc,
};

/// How long the first answers on a new connection may take.
const SETUP_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection to a master that tells of all that is read on it.
pub(super) struct TrackingConnection {
    pub(super) endpoint: Endpoint,
    pub(super) lease: Arc<Lease>,
    pub(super) replication_id: String,
    pub(super) barrier: InvalidationBarrier,
    connection: MultiplexedConnection,
}

/// Why there is no link.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// It may work soon.
    Transient(String),
    /// It does not work until somebody changes something.
    Unsupported(String),
}

impl TrackingConnection {
    /// Connects, and finds out whether the server tells what it has to. What it tells goes to `hub` while it arrives.
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
            .ok_or_else(|| ConnectError::Transient("it has no slots any more".to_owned()))?;
        let enabled = timeout(SETUP_TIMEOUT, enable_tracking(connection.clone(), bucket, &ordering_probe, &node.state));
        let history = enabled.await.map_err(|_| ConnectError::Transient("it does not answer".to_owned()))??;
        Ok(Self {
            endpoint: endpoint.clone(),
            lease,
            replication_id: history,
            barrier: InvalidationBarrier::default(),
            connection,
        })
    }

    /// Sends several commands in one pipeline, each to be answered for itself. Without an answer for long, the caller
    /// has to give up by itself.
    pub(super) async fn send(&self, mut commands: Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
        // Without this, one error stands for all.
        commands.ignore_errors();
        let answers: Vec<_> = commands.query_async(&mut self.connection.clone()).await?;
        if answers.len() == commands.len() {
            Ok(answers)
        } else {
            Err((ErrorKind::Parse, "answers are missing").into())
        }
    }

    pub(super) fn has_lease(&self, lease: &Lease) -> bool {
        std::ptr::eq(&raw const *self.lease, lease)
    }
}

/// Where pushes arrive: within the connection, before what comes after them is read.
struct PushHandler {
    registry: Arc<TrackingRegistry>,
    lease: Arc<Lease>,
    ordering_probe: Arc<OrderingProbe>,
}

impl PushHandler {
    /// Returns when it is done, so that no later answer is handed out before.
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
        // A server that pauses does not make the connection worse; who waits has a limit of its own.
        .set_response_timeout(None)
        .set_push_sender(move |push: PushInfo| {
            push_handler.handle(&push);
            Ok::<_, fmt::Error>(())
        });
    client.get_multiplexed_async_connection_with_config(&config).await.map_err(|error| connect_error(&error))
}

/// Turns tracking on, and answers whose history the server has. Not broadcast, which tells later than it answers; not
/// without one's own changes, which then go unnoticed by others, too; and of all that is read.
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
        .ok_or_else(|| ConnectError::Unsupported("it does not say who it is".to_owned()))?;
    if !identity.is_master {
        return Err(ConnectError::Transient(REPLICA.to_owned()));
    }
    if tracking_flags(&tracking) != ["on"] {
        return Err(ConnectError::Unsupported("it does not turn CLIENT TRACKING on".to_owned()));
    }
    match ordering_probe.run(connection, keys::probe(bucket, id)).await.map_err(|error| command_error(&error))? {
        ProbeResult::InOrder => Ok(identity.replication_id),
        ProbeResult::Late => {
            Err(ConnectError::Unsupported("it tells of changes after it has answered what came later".to_owned()))
        }
        ProbeResult::Never => {
            Err(ConnectError::Unsupported("it does not tell of changes that it carried out".to_owned()))
        }
    }
}

/// Fails where the server has an older copy of what it had.
async fn compare_checkpoint(connection: &mut MultiplexedConnection, state: &ServerState) -> Result<(), ConnectError> {
    let mut question = redis::pipe();
    question.ignore_errors();
    state.append_checkpoint_command(&mut question);
    let answers: Vec<RedisResult<Value>> =
        question.query_async(connection).await.map_err(|error| command_error(&error))?;
    state.compare_checkpoint(answers.into_iter().next().and_then(Result::ok));
    state.refusal().map_or(Ok(()), |error| Err(ConnectError::Transient(error.to_string())))
}

/// The flags in the answer of `CLIENT TRACKINGINFO`.
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

/// What a server says of a login that it does not understand holds the password, so it is not repeated.
fn connect_error(error: &RedisError) -> ConnectError {
    match error.kind() {
        ErrorKind::Io => ConnectError::Transient(error.to_string()),
        ErrorKind::Server(ServerErrorKind::ResponseError) if error.detail().is_some_and(is_max_clients) => {
            ConnectError::Transient("it has as many clients as its maxclients allows".to_owned())
        }
        ErrorKind::RESP3NotSupported | ErrorKind::Server(ServerErrorKind::ResponseError) => resp3_unsupported(),
        _ if error.code() == Some("NOPROTO") => resp3_unsupported(),
        _ => {
            ConnectError::Transient(format!("logging in failed: {}", error.code().unwrap_or_else(|| error.category())))
        }
    }
}

fn is_max_clients(answer: &str) -> bool {
    answer.contains("max number of clients")
}

fn resp3_unsupported() -> ConnectError {
    ConnectError::Unsupported("it does not speak RESP3".to_owned())
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
