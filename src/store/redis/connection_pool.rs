//! Connections to one server.
//!
//! The pool makes, checks and replaces connections. Taking one from it costs a PING each time, so a lane
//! holds one for as long as it works: any number of calls share it, and each costs the round trips it needs
//! and no more. The client library repeats nothing by itself.

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
    store::{StoreError, binding::BindingFault},
};

pub(super) struct ConnectionPool {
    pool: Pool,
    slots: Box<[ConnectionSlot]>,
    next: AtomicUsize,
}

#[derive(Default)]
struct ConnectionSlot {
    state: Mutex<ConnectionState>,
    /// Held by the call that fills the slot: the others wait for its connection, and not for the pool,
    /// which has no more than one for each slot.
    filling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct ConnectionState {
    connection: Option<Connection>,
    /// How often the slot was filled: a failure concerns the connection that it happened on.
    fills: u64,
    /// How often it could not be filled.
    failures: u64,
}

/// A connection to send on.
pub(super) struct PooledConnection {
    pub(super) multiplexed: MultiplexedConnection,
    slot: usize,
    fill: u64,
}

impl ConnectionPool {
    /// Lanes to the server that `login` names. They connect when they are needed; with `master_only` to no replica, which
    /// a server of a Cluster says by itself. Each connection reads the settings of the server into `state`.
    pub(super) fn new(
        login: ConnectionInfo,
        options: &RedisOptions,
        state: &Arc<ServerState>,
        master_only: bool,
    ) -> Result<Self, StoreError> {
        let refused = |source| StoreError::Unreachable { during: "reading its address", source };
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

    /// The next lane in turn, connected.
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
        // Who waited for an attempt that failed does not make another: so nobody waits for more than one.
        if slot.state().failures != failures {
            let source = "another call has just failed to connect".into();
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

    /// What `error` means for the caller. A connection that may be broken is given up, and the next call
    /// makes another.
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
            // It is a replica by now, and whoever is at its address may be another one.
            ErrorKind::Server(ServerErrorKind::ReadOnly) => {
                self.discard(connection);
                StoreError::Unreachable { during, source: truncate_error(&error).into() }
            }
            // The script stopped somewhere, which it does not do of its own accord.
            ErrorKind::UnexpectedReturnType | ErrorKind::Server(ServerErrorKind::ResponseError) => {
                StoreError::corrupt(during, truncate_error(&error))
            }
            _ => StoreError::Unreachable { during, source: truncate_error(&error).into() },
        }
    }

    /// Returns whether the connection was still in use.
    pub(super) fn discard(&self, connection: &PooledConnection) -> bool {
        let mut state = self.slots[connection.slot].state();
        // Taken from the pool for good: checking it there could take as long as it took here.
        state.fills == connection.fill && state.connection.take().map(Connection::take).is_some()
    }

    /// Has every call that begins from here on connect anew.
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
/// know nothing of what was revoked since it was a master.
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

/// What a script answers to a caller that must not use the store (`lua/caller.lua`).
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

/// The beginning of what a server says: a pipeline repeats itself for each of its commands.
fn truncate_error(error: &RedisError) -> String {
    error.to_string().chars().take(200).collect()
}
