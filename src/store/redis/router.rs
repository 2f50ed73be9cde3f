//! From a key to the server that has it.
//!
//! One server and a Cluster look the same from here on: a caller names keys, and what it sends goes to the masters
//! of their slots, one pipeline to each. The routing is our own because the client library's repeats a command
//! whose answer was lost. Here a request is sent again only where a server said that it did not carry it out, or
//! where it was never sent. Replicas are never asked.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures_util::{
    future::join_all,
    stream::{FuturesUnordered, StreamExt},
};
use redis::{Cmd, FromRedisValue, Value};
use tokio::time::sleep;

use super::{
    RedisOptions,
    address::{Address, Endpoint},
    lanes::Lanes,
    node::{Leg, Node, Outcome},
    redirect::Redirect,
    request::Request,
    slot::Slot,
    slot_map::SlotMap,
    survey::Survey,
};
use crate::{clock::Stopwatch, store::StoreError};

/// How often a request is sent at most. Two redirections are usual while a slot moves; more come only of servers that
/// disagree.
const ATTEMPTS: u32 = 12;

/// The pause before a request that nobody could carry out is sent again; twice as long each time.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(80));

pub(super) struct Router {
    pub(super) address: Address,
    options: RedisOptions,
    map: RwLock<Arc<SlotMap>>,
    pub(super) survey: Survey,
}

impl Router {
    /// Does not connect to one server before it is asked for something; asks a Cluster which slot is where.
    pub(super) async fn connect(url: &str, options: &RedisOptions) -> Result<Self, StoreError> {
        let address = Address::parse(url, options.ca.as_deref()).map_err(|error| refused(error.into()))?;
        let (map, survey) = (RwLock::new(Arc::new(SlotMap::empty())), Survey::default());
        let router = Self { address, options: options.clone(), map, survey };
        if router.address.cluster {
            router.survey_at_start().await?;
        } else {
            router.replace(SlotMap::of_one(Arc::new(router.node(&router.address.seeds[0])?)));
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
        let mut answers = self.each(during, &[request]).await;
        answers.pop().unwrap_or(Ok(Value::Nil)).and_then(|value| read(during, value))
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

    /// Reads from one slot, each after the one before it. On one server a pipeline is enough for that. Where a part of it
    /// was redirected, the slot is on its way to another server: then the answers were given in no order, what is missing
    /// on one server may be on the other, and all is read again, one after the other.
    pub(super) async fn in_order<T: FromRedisValue>(
        &self,
        during: &'static str,
        requests: &[Request<'_>],
    ) -> Result<T, StoreError> {
        self.survey_if_stale().await;
        let outcomes = self.round(during, self.first_legs(requests)).await;
        let mut values = Vec::with_capacity(requests.len());
        for (_, outcome) in outcomes {
            let Outcome::Answered(answer) = outcome else { break };
            values.push(answer?);
        }
        if values.len() < requests.len() {
            values.clear();
            for request in requests {
                values.extend(self.each(during, std::slice::from_ref(request)).await.pop().transpose()?);
            }
        }
        read(during, Value::Array(values))
    }

    /// Sends requests of any slots at once. Each is answered for itself, in the order given; in which order they are
    /// carried out is not said.
    pub(super) async fn each(&self, during: &'static str, requests: &[Request<'_>]) -> Vec<Result<Value, StoreError>> {
        self.survey_if_stale().await;
        let begun = Stopwatch::start();
        let mut answers: Vec<_> = requests.iter().map(|_| Ok(Value::Nil)).collect();
        let mut legs = self.first_legs(requests);
        for attempt in 1.. {
            let (mut again, mut later) = (Vec::new(), Vec::new());
            for (leg, outcome) in self.round(during, std::mem::take(&mut legs)).await {
                match outcome {
                    Outcome::Answered(answer) => answers[leg.index] = answer,
                    Outcome::Redirected(_, error) if attempt == ATTEMPTS => answers[leg.index] = Err(error),
                    Outcome::Redirected(Redirect::Later, error) => later.push((leg, error)),
                    Outcome::Redirected(redirect, error) => again.push((leg, redirect, error)),
                    Outcome::NotSent(error) => {
                        self.survey_now().await;
                        match self.elsewhere(&leg) {
                            Some(other) if attempt < ATTEMPTS => legs.push(Leg { to: Some(other), ..leg }),
                            _ => answers[leg.index] = Err(error),
                        }
                    }
                }
            }
            for (leg, redirect, error) in again {
                match self.redirected(leg, redirect) {
                    Ok(leg) => legs.push(leg),
                    Err(leg) => answers[leg.index] = Err(error),
                }
            }
            if !later.is_empty() {
                let pause = PAUSE.0.saturating_mul(1 << (attempt - 1)).min(PAUSE.1);
                let in_time = begun.elapsed() + pause < self.options.response_timeout;
                if in_time {
                    sleep(pause).await;
                    self.survey_now().await;
                }
                for (leg, error) in later {
                    if in_time {
                        legs.push(self.first_leg(leg.index, leg.request));
                    } else {
                        answers[leg.index] = Err(error);
                    }
                }
            }
            if legs.is_empty() {
                break;
            }
        }
        answers
    }

    /// Sends a command without a key to every master and answers what most of them said, without waiting for the
    /// others; an error if fewer than half of them answered and none is left to wait for.
    pub(super) async fn most<T: FromRedisValue>(
        &self,
        during: &'static str,
        command: &Cmd,
    ) -> Result<Vec<T>, StoreError> {
        self.survey_if_stale().await;
        let map = self.map();
        let mut asked: FuturesUnordered<_> = map.masters().iter().map(|node| node.ask(during, command)).collect();
        let enough = map.masters().len() / 2 + 1;
        let mut answers = Vec::with_capacity(enough);
        let mut last = nobody(during, "no server of the Cluster is known");
        while answers.len() < enough
            && let Some(answer) = asked.next().await
        {
            match answer {
                Ok(value) => answers.push(read(during, value)?),
                Err(error) => {
                    self.survey.is_due();
                    last = error;
                }
            }
        }
        if answers.is_empty() { Err(last) } else { Ok(answers) }
    }

    /// A client for connections of one's own to the master of `key`'s slot, for what a shared one cannot do:
    /// subscriptions and tracking. Whoever uses it finds out by itself when the slot moves away.
    #[expect(dead_code, reason = "for what subscribes and tracks")]
    pub(super) fn client_of(&self, during: &'static str, key: &[u8]) -> Result<redis::Client, StoreError> {
        let map = self.map();
        let node = map.owner(Slot::of(key)).ok_or_else(|| nobody(during, "no master is known for the slot"))?;
        redis::Client::open(self.address.login_at(&node.endpoint)).map_err(|error| refused(error.into()))
    }

    pub(super) fn close(&self) {
        for node in self.map().masters() {
            node.lanes.close();
        }
    }

    pub(super) fn map(&self) -> Arc<SlotMap> {
        Arc::clone(&self.map.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, map: SlotMap) {
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(map);
    }

    pub(super) fn node(&self, endpoint: &Endpoint) -> Result<Node, StoreError> {
        let lanes = Lanes::new(self.address.login_at(endpoint), &self.options)?;
        Ok(Node { endpoint: endpoint.clone(), lanes })
    }

    fn first_legs<'a>(&self, requests: &'a [Request<'a>]) -> Vec<Leg<'a>> {
        let map = self.map();
        let leg = |(index, request): (usize, &'a Request<'a>)| Leg {
            index,
            request,
            to: map.owner(request.slot).cloned(),
            asking: false,
            with_script: false,
        };
        requests.iter().enumerate().map(leg).collect()
    }

    fn first_leg<'a>(&self, index: usize, request: &'a Request<'a>) -> Leg<'a> {
        let to = self.map().owner(request.slot).cloned();
        Leg { index, request, to, asking: false, with_script: false }
    }

    /// Sends every leg once, one pipeline to each server, all at the same time. The outcomes are in no order but that of
    /// the legs to one server.
    async fn round<'a>(&self, during: &'static str, legs: Vec<Leg<'a>>) -> Vec<(Leg<'a>, Outcome)> {
        let mut groups: Vec<Vec<Leg<'a>>> = Vec::new();
        let mut outcomes = Vec::with_capacity(legs.len());
        for leg in legs {
            let Some(to) = &leg.to else {
                outcomes.push((leg, Outcome::Redirected(Redirect::Later, nobody(during, "no master serves the slot"))));
                continue;
            };
            let same = |group: &&mut Vec<Leg<'a>>| group[0].to.as_ref().is_some_and(|other| Arc::ptr_eq(other, to));
            match groups.iter_mut().find(same) {
                Some(group) => group.push(leg),
                None => groups.push(vec![leg]),
            }
        }
        let sent = groups.into_iter().map(|legs| async move {
            let outcomes = match &legs[0].to {
                Some(node) => node.send(during, &legs).await,
                None => Vec::new(),
            };
            legs.into_iter().zip(outcomes).collect::<Vec<_>>()
        });
        outcomes.extend(join_all(sent).await.into_iter().flatten());
        for (_, outcome) in &mut outcomes {
            self.note(during, outcome);
        }
        outcomes
    }

    /// Remembers when the map may be wrong, and ends the way where there is no other server.
    fn note(&self, during: &'static str, outcome: &mut Outcome) {
        let unsure = match outcome {
            Outcome::Answered(answer) => matches!(answer, Err(StoreError::NoAnswer { .. })),
            Outcome::Redirected(redirect, _) => matches!(redirect, Redirect::Moved(_) | Redirect::Later),
            Outcome::NotSent(_) => true,
        };
        if self.is_cluster() {
            if unsure {
                self.survey.is_due();
            }
            return;
        }
        *outcome = match std::mem::replace(outcome, Outcome::Answered(Ok(Value::Nil))) {
            Outcome::Redirected(Redirect::Moved(_) | Redirect::Ask(_), _) => Outcome::Answered(Err(nobody(
                during,
                "this server is a node of a Cluster; use redis+cluster:// or rediss+cluster:// in the place of \
                 redis:// or rediss://",
            ))),
            Outcome::Redirected(Redirect::Later, error) | Outcome::NotSent(error) => Outcome::Answered(Err(error)),
            other => other,
        };
    }

    /// Another master of the leg's slot than the one it was for.
    fn elsewhere(&self, leg: &Leg<'_>) -> Option<Arc<Node>> {
        let owner = self.map().owner(leg.request.slot).cloned()?;
        leg.to.as_ref().is_none_or(|to| !Arc::ptr_eq(to, &owner)).then_some(owner)
    }

    /// The leg on the way that the server showed.
    fn redirected<'a>(&self, leg: Leg<'a>, redirect: Redirect) -> Result<Leg<'a>, Leg<'a>> {
        let to = |endpoint: &Endpoint| match self.map().at(endpoint) {
            Some(node) => Ok(node),
            None => self.node(endpoint).map(Arc::new),
        };
        match redirect {
            Redirect::Moved(endpoint) => {
                let Ok(node) = to(&endpoint) else { return Err(leg) };
                self.replace(self.map().with(leg.request.slot, Arc::clone(&node)));
                Ok(Leg { to: Some(node), asking: false, ..leg })
            }
            Redirect::Ask(endpoint) => {
                let Ok(node) = to(&endpoint) else { return Err(leg) };
                if self.map().at(&endpoint).is_none() {
                    self.replace(self.map().and(Arc::clone(&node)));
                }
                Ok(Leg { to: Some(node), asking: true, ..leg })
            }
            Redirect::UnknownScript if !leg.with_script => Ok(Leg { with_script: true, ..leg }),
            Redirect::UnknownScript | Redirect::Later => Err(leg),
        }
    }
}

/// An error before anything was sent.
pub(super) fn nobody(during: &'static str, why: &'static str) -> StoreError {
    StoreError::Unreachable { during, source: why.into() }
}

fn refused(source: crate::store::error::Source) -> StoreError {
    StoreError::Unreachable { during: "reading its address", source }
}

fn read<T: FromRedisValue>(during: &'static str, value: Value) -> Result<T, StoreError> {
    T::from_redis_value(value).map_err(|error| StoreError::corrupt(during, error.to_string()))
}
