//! From a key to the server that has it.
//!
//! One server and a Cluster look the same from here on: a caller names keys, and what it sends goes to the masters
//! of their slots, one pipeline to each. The routing is our own because the client library's repeats a command
//! whose answer was lost. Here a request is sent again only where a server said that it did not carry it out, or
//! where it was never sent. Replicas are never asked.

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
    /// Does not connect to one server before it is asked for something; asks a Cluster which slot is where.
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

    /// Sends several requests at once, and fails when one of them fails; the others may have been carried out.
    pub(super) async fn query_all<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[RedisRequest<'_>],
    ) -> Result<Vec<T>, StoreError> {
        self.query_each(during, requests).await.into_iter().collect()
    }

    /// [`send_each`](Self::each), with the answers read.
    pub(super) async fn query_each<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[RedisRequest<'_>],
    ) -> Vec<Result<T, StoreError>> {
        let answers = self.send_each(during, requests).await;
        answers.into_iter().map(|answer| answer.and_then(|value| decode_answer(during, value))).collect()
    }

    /// Reads from one slot, each after the one before it. On one server a pipeline is enough for that. Where a part of
    /// it was redirected, the slot is on its way to another server: then the answers were given in no order, and all is
    /// read again, one after the other.
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

    /// A client for connections of one's own to the master of `key`'s slot, for what a shared one cannot do:
    /// subscriptions and tracking. Whoever uses it finds out by itself when the slot moves away.
    pub(super) fn client_for_key(&self, during: &'static str, key: &[u8]) -> Result<redis::Client, StoreError> {
        let map = self.slot_map();
        let node =
            map.owner(HashSlot::from_key(key)).ok_or_else(|| unreachable(during, "no master is known for the slot"))?;
        redis::Client::open(self.address.login_at(&node.endpoint)).map_err(|error| invalid_address(error.into()))
    }

    /// Has calls connect anew to a master that may be none any more.
    pub(super) fn discard_connections(&self, endpoint: &Endpoint) {
        let map = self.slot_map();
        for node in map.masters().iter().filter(|node| node.endpoint == *endpoint) {
            node.connections.discard_all();
        }
    }

    /// Returns what is wrong with the settings of the masters.
    pub(super) fn setting_problems(&self) -> Vec<SettingProblem> {
        self.slot_map().serving_masters().iter().flat_map(|node| node.state.problems()).collect()
    }

    /// Reads the settings of every master that answers, and fails if those of one are unsafe.
    pub(super) async fn check_settings(&self) -> Result<(), StoreError> {
        let masters = self.slot_map().serving_masters();
        // A connection reads them when it is made.
        let nothing = redis::pipe();
        let asked = masters.iter().map(|node| node.exchange("reading the server's settings", &nothing));
        join_all(asked).await;
        masters.iter().find_map(|node| node.state.refusal()).map_or(Ok(()), Err)
    }

    /// Returns why nothing is asked of a server whose settings are unsafe.
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

    /// The map, for whoever has to notice when it is redrawn.
    pub(super) fn subscribe_slot_map(&self) -> watch::Receiver<Arc<SlotMap>> {
        self.slot_map.subscribe()
    }

    /// Puts another map in the place of this one.
    pub(super) fn replace_slot_map(&self, drawn: impl FnOnce(&SlotMap) -> SlotMap) {
        self.slot_map.send_modify(|map| *map = Arc::new(drawn(map)));
    }

    pub(super) fn create_node(&self, endpoint: &Endpoint) -> Result<RedisNode, StoreError> {
        self.plaintext.check(endpoint)?;
        let (state, proves_role) = (Arc::new(ServerState::new(endpoint)), !self.is_cluster());
        let lanes = ConnectionPool::new(self.address.login_at(endpoint), &self.options, &state, proves_role)?;
        Ok(RedisNode { endpoint: endpoint.clone(), connections: lanes, state, checks_role: proves_role })
    }
}

/// An error before anything was sent.
pub(super) fn unreachable(during: &'static str, why: &'static str) -> StoreError {
    StoreError::Unreachable { during, source: why.into() }
}

fn invalid_address(source: crate::store::error::BoxError) -> StoreError {
    StoreError::Unreachable { during: "reading its address", source }
}

pub(super) fn decode_answer<T: FromRedisValue>(during: &'static str, value: Value) -> Result<T, StoreError> {
    T::from_redis_value(value).map_err(|error| StoreError::corrupt(during, error.to_string()))
}
