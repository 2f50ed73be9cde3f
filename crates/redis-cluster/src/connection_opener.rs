//! Opening of connections for a pool.

use std::sync::Arc;

use deadpool::managed::{Manager, Metrics, RecycleResult};
use redis::{AsyncConnectionConfig, RedisError, RedisResult, aio::MultiplexedConnection};

use crate::address::{Endpoint, RedisAddress};

/// Opens and checks connections to one server as deadpool-redis does, but each with the TLS credentials of the moment:
/// those of its manager are fixed.
pub(crate) struct ConnectionOpener {
    address: Arc<RedisAddress>,
    endpoint: Endpoint,
    config: AsyncConnectionConfig,
    /// Checks connections, whatever their credentials.
    checker: deadpool_redis::Manager,
}

impl ConnectionOpener {
    pub(crate) fn new(
        address: Arc<RedisAddress>,
        endpoint: Endpoint,
        config: AsyncConnectionConfig,
    ) -> RedisResult<Self> {
        let checker = deadpool_redis::Manager::new_with_config(address.login_at(&endpoint), config.clone())?;
        Ok(Self { address, endpoint, config, checker })
    }
}

impl Manager for ConnectionOpener {
    type Type = MultiplexedConnection;
    type Error = RedisError;

    async fn create(&self) -> RedisResult<MultiplexedConnection> {
        let login = self.address.login_at(&self.endpoint);
        deadpool_redis::Manager::new_with_config(login, self.config.clone())?.create().await
    }

    async fn recycle(&self, connection: &mut MultiplexedConnection, metrics: &Metrics) -> RecycleResult<RedisError> {
        self.checker.recycle(connection, metrics).await
    }
}
