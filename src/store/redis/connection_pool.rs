//! Connections to one server.
//!
//! The pool of `deadpool` opens, checks and replaces connections. Taking one from it costs a PING each time, so a slot
//! holds its connection for as long as that works. Any number of calls share it, and each costs only the round trips
//! that it needs. The client library repeats nothing by itself.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use deadpool_redis::{Connection, Hook, HookError, Manager, Pool, PoolError, Runtime};
use redis::{
    AsyncConnectionConfig, ConnectionInfo, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value,
    aio::MultiplexedConnection,
};

use super::{
    RedisOptions,
    identity::{NO_ROLE, REPLICA},
    server_state::ServerState,
};
use crate::{
    domain::UnixMillis,
    store::{BindingFault, StoreError},
};

pub(super) struct ConnectionPool {
    pool: Pool,
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
    connection: Option<Connection>,
    /// Number of times that the slot was filled. A failure concerns only the connection on which it happened.
    fills: u64,
    /// Number of failed attempts to fill the slot.
    failures: u64,
}

/// A connection of a slot, shared with other calls.
pub(super) struct PooledConnection {
    pub(super) multiplexed: MultiplexedConnection,
    slot: usize,
    fill: u64,
}

impl ConnectionPool {
    /// Creates a pool for the server that `login` names. Connections are opened when they are needed. With
    /// `master_only`, connections to a replica are refused; a replica of a Cluster reports its role by itself. Each new
    /// connection reads the settings of the server into `state`.
    pub(super) fn new(
        login: ConnectionInfo,
        options: &RedisOptions,
        state: &Arc<ServerState>,
        master_only: bool,
    ) -> Result<Self, StoreError> {
        let refused = |source| StoreError::Unreachable { during: "parsing the store URL", source };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(options.connect_timeout))
            .set_response_timeout(Some(options.response_timeout));
        let manager = Manager::new_with_config(login, config).map_err(|error| refused(error.into()))?;
        let pool = Pool::builder(manager)
            .post_create(inspect_on_connect(Arc::clone(state), master_only))
            .max_size(options.connections)
            .wait_timeout(Some(options.connect_timeout))
            .create_timeout(Some(options.connect_timeout))
            .recycle_timeout(Some(options.response_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| refused(error.into()))?;
        let slots = (0..options.connections).map(|_| ConnectionSlot::default()).collect();
        Ok(Self { pool, slots, next: AtomicUsize::new(0) })
    }

    /// Returns the connection of the next slot, in rotation. Opens it if necessary.
    pub(super) async fn get(&self, during: &'static str) -> Result<PooledConnection, StoreError> {
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
            let source = "a concurrent connection attempt failed".into();
            return Err(StoreError::Unreachable { during, source });
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
                let source = match error {
                    PoolError::PostCreateHook(refused) => refused.to_string().into(),
                    error => error.into(),
                };
                Err(StoreError::Unreachable { during, source })
            }
        }
    }

    /// Returns the error for the caller. A connection that may be broken is discarded, and the next call opens another
    /// one.
    pub(super) fn classify_error(
        &self,
        connection: &PooledConnection,
        during: &'static str,
        error: RedisError,
    ) -> StoreError {
        if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) {
            self.discard(connection);
            return StoreError::NoResponse { during, source: error.into() };
        }
        if let Some(refusal) = script_refusal(during, &error) {
            return refusal;
        }
        match error.kind() {
            // The server is a replica by now, and another one may have its address.
            ErrorKind::Server(ServerErrorKind::ReadOnly) => {
                self.discard(connection);
                StoreError::Unreachable { during, source: truncate_error(&error).into() }
            }
            // The script was aborted, which happens only if the stored data is invalid.
            ErrorKind::UnexpectedReturnType | ErrorKind::Server(ServerErrorKind::ResponseError) => {
                StoreError::corrupt(during, truncate_error(&error))
            }
            _ => StoreError::Unreachable { during, source: truncate_error(&error).into() },
        }
    }

    /// Discards the connection. Returns whether it was still in use.
    pub(super) fn discard(&self, connection: &PooledConnection) -> bool {
        let mut state = self.slots[connection.slot].state();
        // Removed from the pool for good: a check there could take as long as the failure took here.
        state.fills == connection.fill && state.connection.take().map(Connection::take).is_some()
    }

    /// Discards all connections, so that later calls connect again.
    pub(super) fn discard_all(&self) {
        for slot in &self.slots {
            slot.state().connection.take().map(Connection::take);
        }
    }

    pub(super) fn close(&self) {
        self.pool.close();
        for slot in &self.slots {
            slot.state().connection.take();
        }
    }
}

/// Reads the role and the settings of the server on a new connection. With `master_only` a replica is refused: it may
/// lack the revocations since it was a master.
fn inspect_on_connect(state: Arc<ServerState>, master_only: bool) -> Hook {
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

/// Returns the error by which a script refused its caller (`lua/caller.lua`); `None` for any other error.
fn script_refusal(during: &'static str, error: &RedisError) -> Option<StoreError> {
    match error.code()? {
        "CLOCKSKEW" => {
            let mut times = error.detail()?.split_whitespace().filter_map(|word| word.parse().ok());
            let mut time = || times.next().map(UnixMillis::new);
            Some(StoreError::ClockSkewed { during, node: time()?, store: time()? })
        }
        "UNBOUND" => Some(StoreError::Binding { during, fault: BindingFault::Unbound }),
        "FOREIGN" => Some(StoreError::Binding { during, fault: BindingFault::WrongInstallation }),
        "CLAIMLOST" => Some(StoreError::ClaimLost { during }),
        _ => None,
    }
}

/// Returns the beginning of an error message: that of a pipeline repeats itself for each command.
fn truncate_error(error: &RedisError) -> String {
    error.to_string().chars().take(200).collect()
}
