//! Routing of commands to the servers that have their keys.
//!
//! One server and a Cluster look the same to callers: they name keys, and their commands go to the masters of the
//! slots, in one pipeline to each. The client library's own routing is not used, because it repeats a command whose
//! response was lost. Here a command is sent again only if a server reported that it did not execute it, or if it was
//! never sent. Replicas are never asked.

use std::sync::Arc;

use futures_util::future::join_all;
use redis::{FromRedisValue, Pipeline, Value};
use tokio::sync::watch;

use super::{
    RedisOptions,
    address::{Endpoint, RedisAddress},
    connection_pool::ConnectionPool,
    hash_slot::HashSlot,
    node::{RedisNode, RequestFailure},
    plaintext::PlaintextGuard,
    request::RedisRequest,
    server_state::ServerState,
    slot_map::SlotMap,
    topology::TopologyRefresh,
};
use crate::store::{SettingProblem, StoreError};

pub(super) struct Router {
    pub(super) address: RedisAddress,
    pub(super) options: RedisOptions,
    slot_map: watch::Sender<Arc<SlotMap>>,
    pub(super) topology: TopologyRefresh,
    pub(super) plaintext: PlaintextGuard,
}

impl Router {
    /// Parses the URL. A single server is connected to when it is first used; the topology of a Cluster is loaded at
    /// once.
    pub(super) async fn connect(url: &str, options: &RedisOptions) -> Result<Self, StoreError> {
        let address = RedisAddress::parse(url, options.ca.as_deref()).map_err(|error| invalid_address(error.into()))?;
        let (map, topology) = (watch::Sender::new(Arc::new(SlotMap::empty())), TopologyRefresh::default());
        let plaintext = PlaintextGuard::new(&address, options.allow_plaintext);
        let router = Self { address, options: options.clone(), slot_map: map, topology, plaintext };
        if router.address.is_cluster {
            router.load_topology().await?;
        } else {
            let server = Arc::new(router.create_node(&router.address.seeds[0])?);
            router.replace_slot_map(|_| SlotMap::single_server(server));
        }
        Ok(router)
    }

    pub(super) const fn is_cluster(&self) -> bool {
        self.address.is_cluster
    }

    /// Sends one request.
    pub(super) async fn query<T: FromRedisValue>(
        &self,
        during: &'static str,
        request: RedisRequest<'_>,
    ) -> Result<T, StoreError> {
        decode_answer(during, self.send_one(during, &request).await?)
    }

    /// Sends several requests at once. Fails if one of them fails; the others may have been executed.
    pub(super) async fn query_all<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[RedisRequest<'_>],
    ) -> Result<Vec<T>, StoreError> {
        self.query_each(during, requests).await.into_iter().collect()
    }

    /// Does the same as [`send_each`](Self::send_each), and decodes the answers.
    pub(super) async fn query_each<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[RedisRequest<'_>],
    ) -> Vec<Result<T, StoreError>> {
        let answers = self.send_each(during, requests).await;
        answers.into_iter().map(|answer| answer.and_then(|value| decode_answer(during, value))).collect()
    }

    /// Reads from one slot, each command after the one before it. On one server, a pipeline ensures that order. If a
    /// command was redirected, the slot is moving and the answers have no order, so all are read again, one after the
    /// other.
    pub(super) async fn query_in_order<T: FromRedisValue>(
        &self,
        during: &'static str,
        slot: HashSlot,
        reads: Pipeline,
    ) -> Result<T, StoreError> {
        self.refresh_topology_if_stale().await;
        if let Some(master) = self.slot_map().owner(slot) {
            let answers = master.send_each(during, &reads).await;
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
    pub(super) fn client_for_key(&self, during: &'static str, key: &[u8]) -> Result<redis::Client, StoreError> {
        let map = self.slot_map();
        let node =
            map.owner(HashSlot::from_key(key)).ok_or_else(|| unreachable(during, "no master is known for the slot"))?;
        redis::Client::open(self.address.login_at(&node.endpoint)).map_err(|error| invalid_address(error.into()))
    }

    /// Makes calls connect again to a server that may no longer be a master.
    pub(super) fn discard_connections(&self, endpoint: &Endpoint) {
        let map = self.slot_map();
        for node in map.masters().iter().filter(|node| node.endpoint == *endpoint) {
            node.connections.discard_all();
        }
    }

    /// Returns the problems in the settings of the masters.
    pub(super) fn setting_problems(&self) -> Vec<SettingProblem> {
        self.slot_map().serving_masters().iter().flat_map(|node| node.state.problems()).collect()
    }

    /// Reads the settings of every master that responds. Fails if those of one are unsafe.
    pub(super) async fn check_settings(&self) -> Result<(), StoreError> {
        let masters = self.slot_map().serving_masters();
        // A new connection reads them.
        let nothing = redis::pipe();
        let asked = masters.iter().map(|node| node.exchange("reading the server's settings", &nothing));
        join_all(asked).await;
        masters.iter().find_map(|node| node.state.refusal()).map_or(Ok(()), Err)
    }

    /// Returns the reason not to use the server at `endpoint`, if there is one.
    pub(super) fn refusal(&self, endpoint: &Endpoint) -> Option<StoreError> {
        self.slot_map().master_at(endpoint)?.state.refusal()
    }

    pub(super) fn close(&self) {
        for node in self.slot_map().masters() {
            node.connections.close();
        }
    }

    pub(super) fn slot_map(&self) -> Arc<SlotMap> {
        Arc::clone(&self.slot_map.borrow())
    }

    /// Returns a receiver for callers that have to notice when the slot map is replaced.
    pub(super) fn subscribe_slot_map(&self) -> watch::Receiver<Arc<SlotMap>> {
        self.slot_map.subscribe()
    }

    /// Replaces the slot map.
    pub(super) fn replace_slot_map(&self, build: impl FnOnce(&SlotMap) -> SlotMap) {
        self.slot_map.send_modify(|map| *map = Arc::new(build(map)));
    }

    pub(super) fn create_node(&self, endpoint: &Endpoint) -> Result<RedisNode, StoreError> {
        self.plaintext.check(endpoint)?;
        let (state, checks_role) = (Arc::new(ServerState::new(endpoint)), !self.is_cluster());
        let connections = ConnectionPool::new(self.address.login_at(endpoint), &self.options, &state, checks_role)?;
        Ok(RedisNode { endpoint: endpoint.clone(), connections, state, checks_role })
    }
}

/// Returns the error for a request that was not sent.
pub(super) fn unreachable(during: &'static str, why: &'static str) -> StoreError {
    StoreError::Unreachable { during, source: why.into() }
}

fn invalid_address(source: crate::store::error::BoxError) -> StoreError {
    StoreError::Unreachable { during: "parsing the store URL", source }
}

pub(super) fn decode_answer<T: FromRedisValue>(during: &'static str, value: Value) -> Result<T, StoreError> {
    T::from_redis_value(value).map_err(|error| StoreError::corrupt(during, error.to_string()))
}
