//! Routing of commands to the servers that have their keys.
//!
//! One server and a Cluster look the same to callers: they name keys, and their commands go to the masters of the
//! slots, in one pipeline to each. The client library's own routing is not used, because it repeats a command whose
//! response was lost. Here a command is sent again only if a server reported that it did not execute it, or if it was
//! never sent. Replicas are never asked.

use std::{iter, sync::Arc};

use futures_util::future::join_all;
use redis::{FromRedisValue, Pipeline, Value};
use tokio::sync::watch;

use crate::{
    address::{Endpoint, RedisAddress},
    client_error::ClientError,
    connection_pool::ConnectionPool,
    hash_slot::HashSlot,
    inspection::ServerInspection,
    node::{RedisNode, RequestFailure},
    options::RouterOptions,
    plaintext::PlaintextGuard,
    request::RedisRequest,
    server_state::ServerState,
    slot_map::SlotMap,
    tls_credentials::TlsCredentials,
    topology_refresh::TopologyRefresh,
};

/// A client of one Redis server or of a Redis Cluster.
pub struct Router<I> {
    pub(crate) address: Arc<RedisAddress>,
    pub(crate) options: RouterOptions,
    slot_map: watch::Sender<Arc<SlotMap<I>>>,
    pub(crate) topology: TopologyRefresh<I>,
    pub(crate) plaintext: PlaintextGuard,
}

impl<I: ServerInspection> Router<I> {
    /// Parses the URL. A single server is connected to when it is first used; the topology of a Cluster is loaded at
    /// once.
    pub async fn connect(url: &str, tls: TlsCredentials<'_>, options: &RouterOptions) -> Result<Self, ClientError> {
        let address = Arc::new(RedisAddress::parse(url, tls).map_err(ClientError::invalid_url)?);
        let (map, topology) = (watch::Sender::new(Arc::new(SlotMap::empty())), TopologyRefresh::default());
        let plaintext = PlaintextGuard::new(&address, options.plaintext);
        let router = Self { address, options: options.clone(), slot_map: map, topology, plaintext };
        if router.address.is_cluster {
            router.load_topology().await?;
        } else {
            let server = Arc::new(router.create_node(&router.address.seeds[0])?);
            router.replace_slot_map(|_| SlotMap::single_server(server));
        }
        Ok(router)
    }

    /// Replaces the TLS credentials. New connections use them, also those for tracking and subscriptions; open ones
    /// continue. Fails, without an effect, if the credentials cannot be used or the URL is not of TLS.
    pub fn replace_tls(&self, tls: TlsCredentials<'_>) -> Result<(), ClientError> {
        self.address.replace_tls(tls).map_err(ClientError::invalid_url)
    }

    /// Returns whether the URL names a Cluster.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.address.is_cluster
    }

    /// Sends one request.
    pub async fn query<T: FromRedisValue>(
        &self,
        during: &'static str,
        request: RedisRequest<'_>,
    ) -> Result<T, ClientError> {
        decode_answer(during, self.send_one(during, &request).await?)
    }

    /// Sends several requests at once. Fails if one of them fails; the others may have been executed.
    pub async fn query_all<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[RedisRequest<'_>],
    ) -> Result<Vec<T>, ClientError> {
        self.query_each(during, requests).await.into_iter().collect()
    }

    /// Does the same as [`send_each`](Self::send_each), and decodes the answers.
    pub async fn query_each<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[RedisRequest<'_>],
    ) -> Vec<Result<T, ClientError>> {
        let answers = self.send_each(during, requests).await;
        answers.into_iter().map(|answer| answer.and_then(|value| decode_answer(during, value))).collect()
    }

    /// Reads from one slot, each command after the one before it. On one server, a pipeline ensures that order. If a
    /// command was redirected, the slot is moving and the answers have no order, so all are read again, one after the
    /// other.
    pub async fn query_in_order<T: FromRedisValue>(
        &self,
        during: &'static str,
        slot: HashSlot,
        reads: Pipeline,
    ) -> Result<T, ClientError> {
        self.refresh_topology_if_stale().await;
        if let Some(master) = self.slot_map().owner(slot) {
            let answers = master.send_each(during, reads.cmd_iter()).await;
            let answers = answers.and_then(|answers| answers.into_iter().collect::<Result<Vec<_>, _>>());
            match answers.map_err(|failure| self.classify(during, failure)) {
                Ok(answers) => return decode_answer(during, Value::Array(answers)),
                Err(RequestFailure { redirect: None, error }) => return Err(error),
                Err(_) => {}
            }
        }
        let mut answers = Vec::with_capacity(reads.len());
        for command in reads.cmd_iter() {
            answers.push(self.send_one(during, &RedisRequest { slot, command: command.clone(), script: None }).await?);
        }
        decode_answer(during, Value::Array(answers))
    }

    /// Returns a client for separate connections to the master of `key`'s slot, for uses that a shared connection does
    /// not support: subscriptions and tracking. Its user has to notice when the slot moves.
    pub(crate) fn client_for_key(&self, during: &'static str, key: &[u8]) -> Result<redis::Client, ClientError> {
        let map = self.slot_map();
        let node = map
            .owner(HashSlot::from_key(key))
            .ok_or_else(|| ClientError::unreachable(during, "no master is known for the slot"))?;
        redis::Client::open(self.address.login_at(&node.endpoint)).map_err(ClientError::invalid_url)
    }

    /// Makes calls connect again to a server that may no longer be a master.
    pub(crate) fn discard_connections(&self, endpoint: &Endpoint) {
        let map = self.slot_map();
        for node in map.masters().iter().filter(|node| node.endpoint == *endpoint) {
            node.connections.discard_all();
        }
    }

    /// Inspects every master that responds. Fails if one of them is not used.
    pub async fn inspect_masters(&self) -> Result<(), ClientError> {
        let masters = self.slot_map().serving_masters();
        // A new connection reads them.
        let asked = masters.iter().map(|node| node.exchange("reading the server's settings", iter::empty()));
        join_all(asked).await;
        masters.iter().find_map(|node| node.refusal()).map_or(Ok(()), Err)
    }

    /// Returns the reason not to use the server at `endpoint`, if there is one.
    pub(crate) fn refusal(&self, endpoint: &Endpoint) -> Option<ClientError> {
        self.slot_map().master_at(endpoint)?.refusal()
    }

    /// Closes all connections. Later requests fail.
    pub fn close(&self) {
        for node in self.slot_map().masters() {
            node.connections.close();
        }
    }

    /// Returns the current slot map.
    #[must_use]
    pub fn slot_map(&self) -> Arc<SlotMap<I>> {
        Arc::clone(&self.slot_map.borrow())
    }

    /// Returns a receiver for callers that have to notice when the slot map is replaced.
    pub(crate) fn subscribe_slot_map(&self) -> watch::Receiver<Arc<SlotMap<I>>> {
        self.slot_map.subscribe()
    }

    /// Replaces the slot map.
    pub(crate) fn replace_slot_map(&self, build: impl FnOnce(&SlotMap<I>) -> SlotMap<I>) {
        self.slot_map.send_modify(|map| *map = Arc::new(build(map)));
    }

    pub(crate) fn create_node(&self, endpoint: &Endpoint) -> Result<RedisNode<I>, ClientError> {
        self.plaintext.check(endpoint)?;
        let (state, checks_role) = (Arc::new(ServerState::new(endpoint)), !self.is_cluster());
        let connections = ConnectionPool::new(&self.address, endpoint, &self.options, &state, checks_role)?;
        Ok(RedisNode { endpoint: endpoint.clone(), connections, state, checks_role })
    }
}

/// Decodes the answer to a request.
pub fn decode_answer<T: FromRedisValue>(during: &'static str, value: Value) -> Result<T, ClientError> {
    T::from_redis_value(value).map_err(|error| ClientError::unexpected_reply(during, error.to_string()))
}
