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
        identity::{Identity, REPLICA},
        keys,
        router::Router,
        server_state::ServerState,
    },
    barrier::Barrier,
    hub::Hub,
    push::{Invalidated, change_of},
    trial::{Heard, Trial},
};
use crate::{
    domain::Bucket,
    store::{Change, Lease},
    sync::Arc,
};

/// How long the first answers on a new connection may take.
const OPENING: Duration = Duration::from_secs(1);

/// A connection to a master that tells of all that is read on it.
pub(super) struct Link {
    pub(super) endpoint: Endpoint,
    pub(super) lease: Arc<Lease>,
    pub(super) history: String,
    pub(super) barrier: Barrier,
    connection: MultiplexedConnection,
}

/// Why there is no link.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It may work soon.
    Away(String),
    /// It does not work until somebody changes something.
    Unfit(String),
}

impl Link {
    /// Connects, and finds out whether the server tells what it has to. What it tells goes to `hub` while it arrives.
    pub(super) async fn open(
        router: &Router,
        endpoint: &Endpoint,
        bucket: Bucket,
        hub: &Arc<Hub>,
    ) -> Result<Self, Refusal> {
        let lease = Arc::new(Lease::new());
        let trial = Arc::new(Trial::default());
        let ear = Ear { hub: Arc::clone(hub), lease: Arc::clone(&lease), trial: Arc::clone(&trial) };
        let connection = connect(router, endpoint, ear).await?;
        let node = router.map().at(endpoint).ok_or_else(|| Refusal::Away("it has no slots any more".to_owned()))?;
        let proven = timeout(OPENING, prove(connection.clone(), bucket, &trial, &node.state));
        let history = proven.await.map_err(|_| Refusal::Away("it does not answer".to_owned()))??;
        Ok(Self { endpoint: endpoint.clone(), lease, history, barrier: Barrier::default(), connection })
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

    pub(super) fn is_of(&self, lease: &Lease) -> bool {
        std::ptr::eq(&raw const *self.lease, lease)
    }
}

/// Where pushes arrive: within the connection, before what comes after them is read.
struct Ear {
    hub: Arc<Hub>,
    lease: Arc<Lease>,
    trial: Arc<Trial>,
}

impl Ear {
    /// Returns when it is done, so that no later answer is handed out before.
    fn hear(&self, push: &PushInfo) {
        match push.kind {
            PushKind::Invalidate => match Invalidated::read(&push.data) {
                Invalidated::Keys(keys) => {
                    for key in keys {
                        match change_of(key) {
                            Some(change) => self.hub.listener().changed(change),
                            None => self.trial.told(key),
                        }
                    }
                }
                Invalidated::Everything => {
                    for bucket in self.hub.attached(&self.lease) {
                        self.hub.listener().changed(Change::Bucket(bucket));
                    }
                }
            },
            PushKind::Disconnection => self.hub.end(&self.lease),
            _ => {}
        }
    }
}

async fn connect(router: &Router, endpoint: &Endpoint, ear: Ear) -> Result<MultiplexedConnection, Refusal> {
    let RedisOptions { connect_timeout, .. } = router.options;
    let login = router.address.login_at(endpoint);
    let settings = login.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(login.set_redis_settings(settings)).map_err(|error| unconnected(&error))?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(connect_timeout))
        // A server that pauses does not make the connection worse; who waits has a limit of its own.
        .set_response_timeout(None)
        .set_push_sender(move |push: PushInfo| {
            ear.hear(&push);
            Ok::<_, fmt::Error>(())
        });
    client.get_multiplexed_async_connection_with_config(&config).await.map_err(|error| unconnected(&error))
}

/// Turns tracking on, and answers whose history the server has. Not broadcast, which tells later than it answers; not
/// without one's own changes, which then go unnoticed by others, too; and of all that is read.
async fn prove(
    mut connection: MultiplexedConnection,
    bucket: Bucket,
    trial: &Trial,
    state: &ServerState,
) -> Result<String, Refusal> {
    compare_checkpoint(&mut connection, state).await?;
    let mut begin = redis::pipe();
    begin.cmd("INFO").arg("replication");
    begin.cmd("CLIENT").arg("TRACKING").arg("ON").ignore();
    begin.cmd("CLIENT").arg("TRACKINGINFO");
    begin.cmd("CLIENT").arg("ID");
    let (info, tracking, id): (String, Value, u64) =
        begin.query_async(&mut connection).await.map_err(|error| refused(&error))?;
    let identity = Identity::read(&info).ok_or_else(|| Refusal::Unfit("it does not say who it is".to_owned()))?;
    if !identity.is_master {
        return Err(Refusal::Away(REPLICA.to_owned()));
    }
    if flags(&tracking) != ["on"] {
        return Err(Refusal::Unfit("it does not turn CLIENT TRACKING on".to_owned()));
    }
    match trial.run(connection, keys::probe(bucket, id)).await.map_err(|error| refused(&error))? {
        Heard::InOrder => Ok(identity.history),
        Heard::Late => Err(Refusal::Unfit("it tells of changes after it has answered what came later".to_owned())),
        Heard::Never => Err(Refusal::Unfit("it does not tell of changes that it carried out".to_owned())),
    }
}

/// Fails where the server has an older copy of what it had.
async fn compare_checkpoint(connection: &mut MultiplexedConnection, state: &ServerState) -> Result<(), Refusal> {
    let mut question = redis::pipe();
    question.ignore_errors();
    state.append_checkpoint_question(&mut question);
    let answers: Vec<RedisResult<Value>> = question.query_async(connection).await.map_err(|error| refused(&error))?;
    state.compare_checkpoint(answers.into_iter().next().and_then(Result::ok));
    state.refusal().map_or(Ok(()), |error| Err(Refusal::Away(error.to_string())))
}

/// The flags in the answer of `CLIENT TRACKINGINFO`.
fn flags(info: &Value) -> Vec<&str> {
    let Value::Map(fields) = info else { return Vec::new() };
    let named = fields.iter().find(|(name, _)| text_of(name) == Some("flags"));
    match named {
        Some((_, Value::Set(flags) | Value::Array(flags))) => flags.iter().filter_map(text_of).collect(),
        _ => Vec::new(),
    }
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(text) => std::str::from_utf8(text).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

/// What a server says of a login that it does not understand holds the password, so it is not repeated.
fn unconnected(error: &RedisError) -> Refusal {
    match error.kind() {
        ErrorKind::Io => Refusal::Away(error.to_string()),
        ErrorKind::Server(ServerErrorKind::ResponseError) if error.detail().is_some_and(is_full) => {
            Refusal::Away("it has as many clients as its maxclients allows".to_owned())
        }
        ErrorKind::RESP3NotSupported | ErrorKind::Server(ServerErrorKind::ResponseError) => no_resp3(),
        _ if error.code() == Some("NOPROTO") => no_resp3(),
        _ => Refusal::Away(format!("logging in failed: {}", error.code().unwrap_or_else(|| error.category()))),
    }
}

fn is_full(answer: &str) -> bool {
    answer.contains("max number of clients")
}

fn no_resp3() -> Refusal {
    Refusal::Unfit("it does not speak RESP3".to_owned())
}

fn refused(error: &RedisError) -> Refusal {
    let text = error.to_string().chars().take(200).collect();
    match error.kind() {
        ErrorKind::UnexpectedReturnType
        | ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::NoPerm) => Refusal::Unfit(text),
        _ => Refusal::Away(text),
    }
}
