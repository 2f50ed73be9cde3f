//! One server and what is sent to it.

use std::sync::Arc;

use redis::{Cmd, RedisResult, Value};

use super::{address::Endpoint, lanes::Lanes, redirect::Redirect, request::Request};
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

/// What became of a request.
pub(super) enum Outcome {
    Answered(Result<Value, StoreError>),
    /// Not carried out; the error is for whoever gives up here.
    Returned(Redirect, StoreError),
}

impl Node {
    /// Sends `legs` in one pipeline. The outcomes are in their order.
    pub(super) async fn send(&self, during: &'static str, legs: &[Leg<'_>]) -> Vec<Outcome> {
        let mut lane = match self.lanes.lane(during).await {
            Ok(lane) => lane,
            Err(error) => return self.not_sent(during, &error, legs.len()),
        };
        let sent: RedisResult<Vec<RedisResult<Value>>> = pipeline(legs).query_async(&mut lane.connection).await;
        let answers = match sent {
            Ok(answers) if answers.len() == legs.len() => answers,
            Ok(_) => vec![Err((redis::ErrorKind::Parse, "answers are missing").into()); legs.len()],
            Err(error) => vec![Err(error); legs.len()],
        };
        let outcome = |answer: RedisResult<Value>| match answer {
            Ok(value) => Outcome::Answered(Ok(value)),
            Err(error) => {
                let redirect = Redirect::told(&error, &self.endpoint);
                let error = self.lanes.failed(&lane, during, error);
                match redirect {
                    Some(redirect) => Outcome::Returned(redirect, error),
                    None => Outcome::Answered(Err(error)),
                }
            }
        };
        answers.into_iter().map(outcome).collect()
    }

    /// Sends a command that has no key.
    pub(super) async fn ask(&self, during: &'static str, command: &Cmd) -> Result<Value, StoreError> {
        let mut lane = self.lanes.lane(during).await?;
        let answer = command.query_async(&mut lane.connection).await;
        answer.map_err(|error| self.lanes.failed(&lane, during, error))
    }

    fn not_sent(&self, during: &'static str, error: &StoreError, count: usize) -> Vec<Outcome> {
        let text = match error {
            StoreError::Unreachable { source, .. } => format!("{}: {source}", self.endpoint),
            other => other.to_string(),
        };
        let again = || StoreError::Unreachable { during, source: text.clone().into() };
        (0..count).map(|_| Outcome::Returned(Redirect::Unreached, again())).collect()
    }
}

fn pipeline(legs: &[Leg<'_>]) -> redis::Pipeline {
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
