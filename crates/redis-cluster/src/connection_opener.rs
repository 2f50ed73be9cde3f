//! Opening of connections for a pool.

use std::sync::Arc;

use deadpool::managed::{Manager, Metrics, RecycleResult};
use redis::{AsyncConnectionConfig, Client, RedisError, aio::MultiplexedConnection};

use crate::address::{Endpoint, RedisAddress};

/// Opens connections to one server, each with the TLS credentials of the moment.
pub(crate) struct ConnectionOpener {
    pub(crate) address: Arc<RedisAddress>,
    pub(crate) endpoint: Endpoint,
    pub(crate) config: AsyncConnectionConfig,
}

impl Manager for ConnectionOpener {
    type Type = MultiplexedConnection;
    type Error = RedisError;

    async fn create(&self) -> Result<MultiplexedConnection, RedisError> {
        let client = Client::open(self.address.login_at(&self.endpoint))?;
        client.get_multiplexed_async_connection_with_config(&self.config).await
    }

    async fn recycle(&self, connection: &mut MultiplexedConnection, _: &Metrics) -> RecycleResult<RedisError> {
        Ok(redis::cmd("PING").exec_async(connection).await?)
    }
}
