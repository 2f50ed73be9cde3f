//! One server and what is sent to it.

use std::sync::Arc;

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};

use super::{
    address::Endpoint,
    identity::{NO_ROLE, REPLICA, RoleQuestion},
    lanes::{Lane, Lanes},
    redirect::Redirect,
    server_state::ServerState,
};
use crate::store::StoreError;

pub(super) struct Node {
    pub(super) endpoint: Endpoint,
    pub(super) lanes: Lanes,
    pub(super) state: Arc<ServerState>,
    /// Whether each exchange asks the server for its role. A replica of a Cluster redirects by itself.
    pub(super) proves_role: bool,
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
    pub(super) async fn send(&self, during: &'static str, command: &Cmd) -> Result<Value, Failure> {
        let mut pipe = redis::pipe();
        pipe.add_command(command.clone());
        self.send_each(during, &pipe).await?.pop().unwrap_or(Ok(Value::Nil))
    }

    /// Sends several commands in one pipeline, each to be answered for itself, in their order; an error where none of
    /// them was answered. Fails without asking while the server must not be used.
    pub(super) async fn send_each(
        &self,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, Failure>>, Failure> {
        let lane = self.lane(during).await?;
        // After the lane: a new connection looks at the server first, and may have led to an older copy of its data.
        match self.state.refusal() {
            Some(error) => Err(Failure { redirect: None, error }),
            None => self.exchange_on(lane, during, commands).await,
        }
    }

    /// The same although the server must perhaps not be used.
    pub(super) async fn exchange(
        &self,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, Failure>>, Failure> {
        let lane = self.lane(during).await?;
        self.exchange_on(lane, during, commands).await
    }

    /// The server states its role before it carries out the commands, in the same round trip. What a master has at that
    /// moment holds every change that it answered before, and later commands see nothing older, also if it becomes a
    /// replica in between. The role of a replica makes all answers void.
    async fn exchange_on(
        &self,
        mut lane: Lane,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, Failure>>, Failure> {
        let mut pipe = redis::pipe();
        // Without this, one error stands for all, and does not say where its command belongs.
        pipe.ignore_errors();
        let role_question = self.proves_role.then(|| self.state.role_question());
        if let Some(question) = role_question {
            question.append(&mut pipe);
        }
        for command in commands.cmd_iter() {
            pipe.add_command(command.clone());
        }
        let sent: RedisResult<Vec<RedisResult<Value>>> = pipe.query_async(&mut lane.connection).await;
        let mut answers = match sent {
            Ok(answers) if answers.len() == pipe.len() => answers.into_iter(),
            Ok(_) => {
                let missing = (redis::ErrorKind::Parse, "answers are missing").into();
                return Err(self.failure(&lane, during, missing));
            }
            Err(error) => return Err(self.failure(&lane, during, error)),
        };
        if let Some(question) = role_question {
            self.check_role(&lane, during, question, answers.next())?;
        }
        Ok(answers.map(|answer| answer.map_err(|error| self.failure(&lane, during, error))).collect())
    }

    /// Fails unless the server states that it is a master, and closes the connection to a replica.
    fn check_role(
        &self,
        lane: &Lane,
        during: &'static str,
        question: RoleQuestion,
        answer: Option<RedisResult<Value>>,
    ) -> Result<(), Failure> {
        let is_master = match answer {
            Some(Ok(answer)) => question.is_master(answer),
            Some(Err(error)) => return Err(self.failure(lane, during, error)),
            None => None,
        };
        let why = match is_master {
            Some(true) => return Ok(()),
            Some(false) => REPLICA,
            None => NO_ROLE,
        };
        if self.lanes.give_up(lane) {
            tracing::warn!(
                server = %self.endpoint, why,
                "nothing is read from this server, and its connection is closed; calls fail until a master answers"
            );
        }
        let source = format!("{}: {why}", self.endpoint).into();
        Err(Failure { redirect: None, error: StoreError::Unreachable { during, source } })
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
            StoreError::Misconfigured { server, advice } => {
                StoreError::Misconfigured { server: server.clone(), advice: advice.clone() }
            }
            other => StoreError::corrupt("sending several requests", other.to_string()),
        };
        Self { redirect: self.redirect.clone(), error }
    }
}
