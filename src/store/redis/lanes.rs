//! Connections to the server.
//!
//! The pool makes, checks and replaces connections. Taking one from it costs a PING each time, so a lane
//! holds one for as long as it works: any number of calls share it, and each costs the round trips it needs
//! and no more. The client library repeats nothing by itself.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use deadpool_redis::{Connection, Manager, Pool, Runtime};
use redis::{
    AsyncConnectionConfig, ConnectionInfo, ErrorKind, FromRedisValue, IntoConnectionInfo, RedisError, TlsCertificates,
    aio::MultiplexedConnection,
};

use super::RedisOptions;
use crate::store::StoreError;

pub(super) struct Lanes {
    pool: Pool,
    slots: Box<[Slot]>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Slot {
    current: Mutex<Option<Connection>>,
    /// Held by the call that fills the slot: the others wait for its connection, and not for the pool,
    /// which has no more than one for each slot.
    filling: tokio::sync::Mutex<()>,
}

/// The server's address, with what its certificate is checked against.
fn address(url: &str, ca: Option<&str>) -> redis::RedisResult<ConnectionInfo> {
    let Some(ca) = ca else { return url.into_connection_info() };
    let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca.as_bytes().to_vec()) };
    Ok(redis::Client::build_with_tls(url, certificates)?.get_connection_info().clone())
}

impl Lanes {
    pub(super) fn new(url: &str, options: &RedisOptions) -> Result<Self, StoreError> {
        let refused = |source| StoreError::Unreachable { during: "reading its address", source };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(options.connect_timeout))
            .set_response_timeout(Some(options.response_timeout));
        let address = address(url, options.ca.as_deref()).map_err(|error| refused(error.into()))?;
        let manager = Manager::new_with_config(address, config).map_err(|error| refused(error.into()))?;
        let pool = Pool::builder(manager)
            .max_size(options.connections)
            .wait_timeout(Some(options.connect_timeout))
            .create_timeout(Some(options.connect_timeout))
            .recycle_timeout(Some(options.response_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| refused(error.into()))?;
        let slots = (0..options.connections).map(|_| Slot::default()).collect();
        Ok(Self { pool, slots, next: AtomicUsize::new(0) })
    }

    /// Sends one command.
    pub(super) async fn query<T: FromRedisValue>(
        &self,
        during: &'static str,
        command: &redis::Cmd,
    ) -> Result<T, StoreError> {
        let (lane, mut connection) = self.connection(during).await?;
        let answer = command.query_async(&mut connection).await;
        answer.map_err(|error| self.failed(lane, during, error))
    }

    /// Sends several commands at once, and fails when one of them fails.
    pub(super) async fn pipe<T: FromRedisValue>(
        &self,
        during: &'static str,
        commands: &redis::Pipeline,
    ) -> Result<T, StoreError> {
        let (lane, mut connection) = self.connection(during).await?;
        let answer = commands.query_async(&mut connection).await;
        answer.map_err(|error| self.failed(lane, during, error))
    }

    /// A connection, and the lane it is of.
    pub(super) async fn connection(&self, during: &'static str) -> Result<(usize, MultiplexedConnection), StoreError> {
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let slot = &self.slots[lane];
        if let Some(connection) = slot.connection() {
            return Ok((lane, connection));
        }
        let _filling = slot.filling.lock().await;
        if let Some(connection) = slot.connection() {
            return Ok((lane, connection));
        }
        let connection =
            self.pool.get().await.map_err(|error| StoreError::Unreachable { during, source: error.into() })?;
        let shared = MultiplexedConnection::clone(&connection);
        *slot.current() = Some(connection);
        Ok((lane, shared))
    }

    /// What `error` means for the caller. A connection that may be broken goes back to the pool, which
    /// checks it before it hands it out again.
    pub(super) fn failed(&self, lane: usize, during: &'static str, error: RedisError) -> StoreError {
        if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) {
            self.slots[lane].current().take();
            return StoreError::NoAnswer { during, source: error.into() };
        }
        match error.kind() {
            // The script stopped somewhere, which it does not do of its own accord.
            ErrorKind::UnexpectedReturnType | ErrorKind::Server(redis::ServerErrorKind::ResponseError) => {
                StoreError::corrupt(during, error.to_string())
            }
            _ => StoreError::Unreachable { during, source: error.into() },
        }
    }

    pub(super) fn close(&self) {
        self.pool.close();
        for slot in &self.slots {
            slot.current().take();
        }
    }
}

impl Slot {
    fn connection(&self) -> Option<MultiplexedConnection> {
        self.current().as_deref().cloned()
    }

    fn current(&self) -> MutexGuard<'_, Option<Connection>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
