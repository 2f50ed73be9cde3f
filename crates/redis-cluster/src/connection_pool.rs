//! Connections to one server.
//!
//! The pool of deadpool-redis opens, checks and replaces connections. Taking one from it costs a PING each time, so a slot
//! holds its connection for as long as that works. Any number of calls share it, and each costs only the round trips
//! that it needs. The client library repeats nothing by itself.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use deadpool::{
    Runtime,
    managed::{Hook, HookError, Object, Pool, PoolError},
};
use redis::{
    AsyncConnectionConfig, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value, aio::MultiplexedConnection,
};

use crate::{
    address::{Endpoint, RedisAddress},
    client_error::ClientError,
    connection_opener::ConnectionOpener,
    inspection::ServerInspection,
    options::RouterOptions,
    role::{NO_ROLE, REPLICA},
    server_state::ServerState,
};

pub(crate) struct ConnectionPool {
    pool: Pool<ConnectionOpener>,
    slots: Box<[ConnectionSlot]>,
    next: AtomicUsize,
}

#[derive(Default)]
struct ConnectionSlot {
    state: Mutex<ConnectionState>,
    /// Held by the call that fills the slot. The other calls wait for its connection, and not for the pool, which has
    /// only one connection for each slot.
    filling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct ConnectionState {
    connection: Option<Object<ConnectionOpener>>,
    /// Number of times that the slot was filled. A failure concerns only the connection on which it happened.
    fills: u64,
    /// Number of failed attempts to fill the slot.
    failures: u64,
}

/// A connection of a slot, shared with other calls.
pub(crate) struct PooledConnection {
    pub(crate) multiplexed: MultiplexedConnection,
    slot: usize,
    fill: u64,
}

impl ConnectionPool {
    /// Creates a pool for the server at `endpoint`. Connections are opened when they are needed. With
    /// `master_only`, connections to a replica are refused; a replica of a Cluster reports its role by itself. Each new
    /// connection reads the settings of the server into `state`.
    pub(crate) fn new<I: ServerInspection>(
        address: &Arc<RedisAddress>,
        endpoint: &Endpoint,
        options: &RouterOptions,
        state: &Arc<ServerState<I>>,
        master_only: bool,
    ) -> Result<Self, ClientError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(options.connect_timeout))
            .set_response_timeout(Some(options.response_timeout));
        let opener =
            ConnectionOpener::new(Arc::clone(address), endpoint.clone(), config).map_err(ClientError::invalid_url)?;
        let pool = Pool::builder(opener)
            .post_create(inspect_on_connect(Arc::clone(state), master_only))
            .max_size(options.connections)
            .wait_timeout(Some(options.connect_timeout))
            .create_timeout(Some(options.connect_timeout))
            .recycle_timeout(Some(options.response_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(ClientError::invalid_url)?;
        let slots = (0..options.connections).map(|_| ConnectionSlot::default()).collect();
        Ok(Self { pool, slots, next: AtomicUsize::new(0) })
    }

    /// Returns the connection of the next slot, in rotation. Opens it if necessary.
    pub(crate) async fn get(&self, during: &'static str) -> Result<PooledConnection, ClientError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let slot = &self.slots[number];
        let failures = slot.state().failures;
        if let Some(connection) = slot.connection(number) {
            return Ok(connection);
        }
        let _filling = slot.filling.lock().await;
        if let Some(connection) = slot.connection(number) {
            return Ok(connection);
        }
        // A call that waited for a failed attempt does not make another one, so no call waits for more than one.
        if slot.state().failures != failures {
            return Err(ClientError::unreachable(during, "a concurrent connection attempt failed"));
        }
        let filled = self.pool.get().await;
        let mut state = slot.state();
        match filled {
            Ok(connection) => {
                state.fills += 1;
                let pooled = PooledConnection {
                    multiplexed: MultiplexedConnection::clone(&connection),
                    slot: number,
                    fill: state.fills,
                };
                state.connection = Some(connection);
                Ok(pooled)
            }
            Err(error) => {
                state.failures += 1;
                Err(match error {
                    PoolError::PostCreateHook(refused) => ClientError::unreachable(during, refused.to_string()),
                    error => ClientError::unreachable(during, error),
                })
            }
        }
    }

    /// Returns the error for the caller. A connection that may be broken is discarded, and the next call opens another
    /// one.
    pub(crate) fn classify_error(
        &self,
        connection: &PooledConnection,
        during: &'static str,
        error: RedisError,
    ) -> ClientError {
        match error.kind() {
            ErrorKind::Io | ErrorKind::Parse => {
                self.discard(connection);
                ClientError::no_response(during, error)
            }
            // The server is a replica by now, and another one may have its address.
            ErrorKind::Server(ServerErrorKind::ReadOnly) => {
                self.discard(connection);
                ClientError::unreachable(during, truncate_error(&error))
            }
            // The script was aborted, which happens only if the stored data is invalid.
            ErrorKind::UnexpectedReturnType | ErrorKind::Server(ServerErrorKind::ResponseError) => {
                ClientError::unexpected_reply(during, truncate_error(&error))
            }
            ErrorKind::Extension => ClientError::ErrorReply { during, reply: Arc::new(error) },
            _ => ClientError::unreachable(during, truncate_error(&error)),
        }
    }

    /// Discards the connection. Returns whether it was still in use.
    pub(crate) fn discard(&self, connection: &PooledConnection) -> bool {
        let mut state = self.slots[connection.slot].state();
        // Removed from the pool for good: a check there could take as long as the failure took here.
        state.fills == connection.fill && state.connection.take().map(Object::take).is_some()
    }

    /// Discards all connections, so that later calls connect again.
    pub(crate) fn discard_all(&self) {
        for slot in &self.slots {
            slot.state().connection.take().map(Object::take);
        }
    }

    pub(crate) fn close(&self) {
        self.pool.close();
        for slot in &self.slots {
            slot.state().connection.take();
        }
    }
}

/// Reads the role and the settings of the server on a new connection. With `master_only` a replica is refused: it may
/// lack the changes since it was a master.
fn inspect_on_connect<I: ServerInspection>(state: Arc<ServerState<I>>, master_only: bool) -> Hook<ConnectionOpener> {
    Hook::async_fn(move |connection, _| {
        let state = Arc::clone(&state);
        Box::pin(async move {
            let mut questions = redis::pipe();
            state.append_inspection(&mut questions);
            questions.ignore_errors();
            let answers: Vec<RedisResult<Value>> =
                questions.query_async(connection).await.map_err(HookError::Backend)?;
            match state.record(answers.into_iter().map(Result::ok)) {
                Some(false) if master_only => Err(HookError::message(REPLICA)),
                None if master_only => Err(HookError::message(NO_ROLE)),
                _ => Ok(()),
            }
        })
    })
}

impl ConnectionSlot {
    fn connection(&self, number: usize) -> Option<PooledConnection> {
        let state = self.state();
        let connection = state.connection.as_deref().cloned()?;
        Some(PooledConnection { multiplexed: connection, slot: number, fill: state.fills })
    }

    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the beginning of an error message: that of a pipeline repeats itself for each command.
fn truncate_error(error: &RedisError) -> String {
    error.to_string().chars().take(200).collect()
}
