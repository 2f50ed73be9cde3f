//! The establishment of tracking connections.

use std::{fmt, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, ProtocolVersion, PushInfo, RedisError, RedisResult, ServerErrorKind,
    Value, aio::MultiplexedConnection,
};
use tokio::time::timeout;

use super::{
    barrier::InvalidationBarrier,
    connection::TrackingConnection,
    ordering_probe::{OrderingProbe, ProbeResult},
    push_handler::PushHandler,
    registry::TrackingRegistry,
    tracked_data::TrackedData,
};
use crate::{
    address::Endpoint,
    inspection::ServerInspection,
    role::{REPLICA, ServerIdentity},
    router::Router,
    server_state::ServerState,
};

/// Time limit for the first responses on a new connection.
const SETUP_TIMEOUT: Duration = Duration::from_secs(1);

/// The reason for which a tracking connection was not established.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// A later attempt may succeed.
    Transient(String),
    /// Attempts fail until somebody changes something.
    Unsupported(String),
}

/// Connects, and checks that the server sends invalidations as it must. They go to `registry` as they arrive.
pub(super) async fn open_connection<I: ServerInspection, T: TrackedData>(
    router: &Router<I>,
    endpoint: &Endpoint,
    part: T::Part,
    registry: &Arc<TrackingRegistry<T>>,
) -> Result<TrackingConnection<T>, ConnectError> {
    let lease = Arc::new(registry.data().new_lease());
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
    let probe_key = |connection| registry.data().probe_key(part, connection);
    let enabled = timeout(SETUP_TIMEOUT, enable_tracking(connection.clone(), probe_key, &ordering_probe, &node.state));
    let replication_id =
        enabled.await.map_err(|_| ConnectError::Transient("it did not respond in time".to_owned()))??;
    Ok(TrackingConnection {
        endpoint: endpoint.clone(),
        lease,
        replication_id,
        barrier: InvalidationBarrier::new(),
        connection,
    })
}

async fn connect<I: ServerInspection, T: TrackedData>(
    router: &Router<I>,
    endpoint: &Endpoint,
    push_handler: PushHandler<T>,
) -> Result<MultiplexedConnection, ConnectError> {
    let login = router.address.login_at(endpoint);
    let settings = login.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(login.set_redis_settings(settings)).map_err(|error| connect_error(&error))?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(router.options.connect_timeout))
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
async fn enable_tracking<I: ServerInspection>(
    mut connection: MultiplexedConnection,
    probe_key: impl FnOnce(u64) -> Vec<u8>,
    ordering_probe: &OrderingProbe,
    state: &ServerState<I>,
) -> Result<String, ConnectError> {
    check_data(&mut connection, state).await?;
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
    match ordering_probe.run(connection, probe_key(id)).await.map_err(|error| command_error(&error))? {
        ProbeResult::InOrder => Ok(identity.replication_id),
        ProbeResult::Late => Err(ConnectError::Unsupported("it sends invalidations after later replies".to_owned())),
        ProbeResult::Never => Err(ConnectError::Unsupported("it sends no invalidation for its own writes".to_owned())),
    }
}

/// Fails if the application does not use the server with its present data.
async fn check_data<I: ServerInspection>(
    connection: &mut MultiplexedConnection,
    state: &ServerState<I>,
) -> Result<(), ConnectError> {
    let mut question = redis::pipe();
    question.ignore_errors();
    question.add_command(state.inspection.data_command());
    let answers: Vec<RedisResult<Value>> =
        question.query_async(connection).await.map_err(|error| command_error(&error))?;
    state.inspection.check_data(answers.into_iter().next().and_then(Result::ok));
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
