//! One server and what is sent to it.

use std::sync::Arc;

use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, Value};

use super::{
    address::Endpoint,
    lanes::{Lane, Lanes},
    redirect::Redirect,
    request::Request,
    slot_map::SlotMap,
};
use crate::store::StoreError;

pub(super) struct Node {
    pub(super) endpoint: Endpoint,
    pub(super) lanes: Lanes,
}

/// A request on its way.
pub(super) struct Leg<'a> {
    /// Its place among those it was given with.
    pub(super) index: usize,
    pub(super) request: &'a Request<'a>,
    /// `None`: nobody is known to serve its slot.
    pub(super) to: Option<Arc<Node>>,
    /// To a server that is only just taking the slot over.
    pub(super) asking: bool,
    /// With the script that it runs before it.
    pub(super) with_script: bool,
    /// How often it was sent on.
    pub(super) redirections: u32,
}

impl<'a> Leg<'a> {
    /// To the master that `map` names.
    pub(super) fn first(map: &SlotMap, index: usize, request: &'a Request<'a>) -> Self {
        let to = map.owner(request.slot).cloned();
        Self { index, request, to, asking: false, with_script: false, redirections: 0 }
    }
}

/// Why a request has no answer.
pub(super) struct Failure {
    /// Where it goes next, as it was not carried out; `None`: it ends here.
    pub(super) redirect: Option<Redirect>,
    /// For whoever gives up here.
    pub(super) error: StoreError,
}

impl Node {
    /// Sends one command.
    pub(super) async fn send<T: FromRedisValue>(&self, during: &'static str, command: &Cmd) -> Result<T, Failure> {
        let mut lane = self.lane(during).await?;
        let answer = command.query_async(&mut lane.connection).await;
        answer.map_err(|error| self.failure(&lane, during, error))
    }

    /// Sends several commands in one pipeline, to be answered together or not at all.
    pub(super) async fn send_all<T: FromRedisValue>(
        &self,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<T, Failure> {
        let mut lane = self.lane(during).await?;
        let answer = commands.query_async(&mut lane.connection).await;
        answer.map_err(|error| self.failure(&lane, during, error))
    }

    /// Sends `legs` in one pipeline, each to be answered for itself, in their order.
    pub(super) async fn send_legs(&self, during: &'static str, legs: &[Leg<'_>]) -> Vec<Result<Value, Failure>> {
        let mut lane = match self.lane(during).await {
            Ok(lane) => lane,
            Err(failure) => return legs.iter().map(|_| Err(failure.again(during))).collect(),
        };
        let sent: RedisResult<Vec<RedisResult<Value>>> = pipeline(legs).query_async(&mut lane.connection).await;
        let answers = match sent {
            Ok(answers) if answers.len() == legs.len() => answers,
            Ok(_) => vec![Err((redis::ErrorKind::Parse, "answers are missing").into()); legs.len()],
            Err(error) => vec![Err(error); legs.len()],
        };
        answers.into_iter().map(|answer| answer.map_err(|error| self.failure(&lane, during, error))).collect()
    }

    async fn lane(&self, during: &'static str) -> Result<Lane, Failure> {
        self.lanes.lane(during).await.map_err(|error| {
            let text = match error {
                StoreError::Unreachable { source, .. } => format!("{}: {source}", self.endpoint),
                other => other.to_string(),
            };
            let error = StoreError::Unreachable { during, source: text.into() };
            Failure { redirect: Some(Redirect::Unreached), error }
        })
    }

    fn failure(&self, lane: &Lane, during: &'static str, error: RedisError) -> Failure {
        let redirect = Redirect::told(&error, &self.endpoint);
        Failure { redirect, error: self.lanes.failed(lane, during, error) }
    }
}

impl Failure {
    /// The same for another request that could not be sent either.
    fn again(&self, during: &'static str) -> Self {
        let source = match &self.error {
            StoreError::Unreachable { source, .. } => source.to_string(),
            other => other.to_string(),
        };
        Self { redirect: Some(Redirect::Unreached), error: StoreError::Unreachable { during, source: source.into() } }
    }
}

fn pipeline(legs: &[Leg<'_>]) -> Pipeline {
    let mut pipe = redis::pipe();
    pipe.ignore_errors();
    let mut loaded = None;
    for leg in legs {
        if let Some(script) = leg.request.script.filter(|_| leg.with_script)
            && loaded.replace(script.get_hash()) != Some(script.get_hash())
        {
            pipe.load_script(script).ignore();
        }
        if leg.asking {
            pipe.cmd("ASKING").ignore();
        }
        pipe.add_command(leg.request.command.clone());
    }
    pipe
}
