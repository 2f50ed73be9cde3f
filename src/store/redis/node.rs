//! One server and what is sent to it.

use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, Value};

use super::{
    address::Endpoint,
    lanes::{Lane, Lanes},
    redirect::Redirect,
};
use crate::store::StoreError;

pub(super) struct Node {
    pub(super) endpoint: Endpoint,
    pub(super) lanes: Lanes,
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

    /// Sends several commands in one pipeline, each to be answered for itself, in their order; an error where none of
    /// them was answered.
    pub(super) async fn send_each(
        &self,
        during: &'static str,
        mut commands: Pipeline,
    ) -> Result<Vec<Result<Value, Failure>>, Failure> {
        let mut lane = self.lane(during).await?;
        // Without this, one error stands for all, and does not say where its command belongs.
        commands.ignore_errors();
        let sent: RedisResult<Vec<RedisResult<Value>>> = commands.query_async(&mut lane.connection).await;
        let answers = match sent {
            Ok(answers) if answers.len() == commands.len() => answers,
            Ok(_) => {
                let missing = (redis::ErrorKind::Parse, "answers are missing").into();
                return Err(self.failure(&lane, during, missing));
            }
            Err(error) => return Err(self.failure(&lane, during, error)),
        };
        Ok(answers.into_iter().map(|answer| answer.map_err(|error| self.failure(&lane, during, error))).collect())
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
    /// The same for another request that shares its fate.
    pub(super) fn again(&self) -> Self {
        let error = match &self.error {
            StoreError::NoAnswer { during, source } => {
                StoreError::NoAnswer { during, source: source.to_string().into() }
            }
            StoreError::Unreachable { during, source } => {
                StoreError::Unreachable { during, source: source.to_string().into() }
            }
            other => StoreError::corrupt("sending several requests", other.to_string()),
        };
        Self { redirect: self.redirect.clone(), error }
    }
}
