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
    address::{Address, Endpoint},
    lanes::Lanes,
    node::{Failure, Node},
    plaintext::PlaintextGuard,
    request::Request,
    server_state::ServerState,
    slot::Slot,
    slot_map::SlotMap,
    survey::Survey,
};
use crate::store::{SettingProblem, StoreError};

pub(super) struct Router {
    pub(super) address: Address,
    pub(super) options: RedisOptions,
    map: watch::Sender<Arc<SlotMap>>,
    pub(super) survey: Survey,
    pub(super) plaintext: PlaintextGuard,
}

impl Router {
    /// Does not connect to one server before it is asked for something; asks a Cluster which slot is where.
    pub(super) async fn connect(url: &str, options: &RedisOptions) -> Result<Self, StoreError> {
        let address = Address::parse(url, options.ca.as_deref()).map_err(|error| refused(error.into()))?;
        let (map, survey) = (watch::Sender::new(Arc::new(SlotMap::empty())), Survey::default());
        let plaintext = PlaintextGuard::new(&address, options.allow_plaintext);
        let router = Self { address, options: options.clone(), map, survey, plaintext };
        if router.address.cluster {
            router.survey_at_start().await?;
        } else {
            let server = Arc::new(router.node(&router.address.seeds[0])?);
            router.redraw(|_| SlotMap::of_one(server));
        }
        Ok(router)
    }

    pub(super) const fn is_cluster(&self) -> bool {
        self.address.cluster
    }

    /// Sends one request.
    pub(super) async fn query<T: FromRedisValue>(
        &self,
        during: &'static str,
        request: Request<'_>,
    ) -> Result<T, StoreError> {
        read(during, self.one(during, &request).await?)
    }

    /// Sends several requests at once, and fails when one of them fails; the others may have been carried out.
    pub(super) async fn all<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[Request<'_>],
    ) -> Result<Vec<T>, StoreError> {
        self.each_as(during, requests).await.into_iter().collect()
    }

    /// [`each`](Self::each), with the answers read.
    pub(super) async fn each_as<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[Request<'_>],
    ) -> Vec<Result<T, StoreError>> {
        let answers = self.each(during, requests).await;
        answers.into_iter().map(|answer| answer.and_then(|value| read(during, value))).collect()
    }

    /// Reads from one slot, each after the one before it. On one server a pipeline is enough for that. Where a part of
    /// it was redirected, the slot is on its way to another server: then the answers were given in no order, and all is
    /// read again, one after the other.
    pub(super) async fn in_order<T: FromRedisValue>(
        &self,
        during: &'static str,
        slot: Slot,
        reads: Pipeline,
    ) -> Result<T, StoreError> {
        self.survey_if_stale().await;
        if let Some(master) = self.map().owner(slot) {
            let answers = master.send_each(during, &reads).await;
            let answers = answers.and_then(|answers| answers.into_iter().collect::<Result<Vec<_>, _>>());
            match answers.map_err(|failure| self.judged(during, failure)) {
                Ok(answers) => return read(during, Value::Array(answers)),
                Err(Failure { redirect: None, error }) => return Err(error),
                Err(_) => {}
            }
        }
        let mut answers = Vec::with_capacity(reads.len());
        for command in reads.cmd_iter() {
            answers.push(self.one(during, &Request { slot, command: command.clone(), script: None }).await?);
        }
        read(during, Value::Array(answers))
    }

    /// A client for connections of one's own to the master of `key`'s slot, for what a shared one cannot do:
    /// subscriptions and tracking. Whoever uses it finds out by itself when the slot moves away.
    pub(super) fn client_of(&self, during: &'static str, key: &[u8]) -> Result<redis::Client, StoreError> {
        let map = self.map();
        let node = map.owner(Slot::of(key)).ok_or_else(|| nobody(during, "no master is known for the slot"))?;
        redis::Client::open(self.address.login_at(&node.endpoint)).map_err(|error| refused(error.into()))
    }

    /// Has calls connect anew to a master that may be none any more.
    pub(super) fn give_up(&self, endpoint: &Endpoint) {
        let map = self.map();
        for node in map.masters().iter().filter(|node| node.endpoint == *endpoint) {
            node.lanes.give_all_up();
        }
    }

    /// Returns what is wrong with the settings of the masters.
    pub(super) fn setting_problems(&self) -> Vec<SettingProblem> {
        self.map().serving().iter().flat_map(|node| node.state.problems()).collect()
    }

    /// Reads the settings of every master that answers, and fails if those of one are unsafe.
    pub(super) async fn check_settings(&self) -> Result<(), StoreError> {
        let masters = self.map().serving();
        // A connection reads them when it is made.
        let nothing = redis::pipe();
        let asked = masters.iter().map(|node| node.exchange("reading the server's settings", &nothing));
        join_all(asked).await;
        masters.iter().find_map(|node| node.state.refusal()).map_or(Ok(()), Err)
    }

    /// Returns why nothing is asked of a server whose settings are unsafe.
    pub(super) fn refusal(&self, endpoint: &Endpoint) -> Option<StoreError> {
        self.map().at(endpoint)?.state.refusal()
    }

    pub(super) fn close(&self) {
        for node in self.map().masters() {
            node.lanes.close();
        }
    }

    pub(super) fn map(&self) -> Arc<SlotMap> {
        Arc::clone(&self.map.borrow())
    }

    /// The map, for whoever has to notice when it is redrawn.
    pub(super) fn maps(&self) -> watch::Receiver<Arc<SlotMap>> {
        self.map.subscribe()
    }

    /// Puts another map in the place of this one.
    pub(super) fn redraw(&self, drawn: impl FnOnce(&SlotMap) -> SlotMap) {
        self.map.send_modify(|map| *map = Arc::new(drawn(map)));
    }

    pub(super) fn node(&self, endpoint: &Endpoint) -> Result<Node, StoreError> {
        self.plaintext.check(endpoint)?;
        let (state, proves_role) = (Arc::new(ServerState::new(endpoint)), !self.is_cluster());
        let lanes = Lanes::new(self.address.login_at(endpoint), &self.options, &state, proves_role)?;
        Ok(Node { endpoint: endpoint.clone(), lanes, state, proves_role })
    }
}

/// An error before anything was sent.
pub(super) fn nobody(during: &'static str, why: &'static str) -> StoreError {
    StoreError::Unreachable { during, source: why.into() }
}

fn refused(source: crate::store::error::Source) -> StoreError {
    StoreError::Unreachable { during: "reading its address", source }
}

pub(super) fn read<T: FromRedisValue>(during: &'static str, value: Value) -> Result<T, StoreError> {
    T::from_redis_value(value).map_err(|error| StoreError::corrupt(during, error.to_string()))
}
