//! One server and what is sent to it.

use std::sync::Arc;

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};

use super::{
    address::Endpoint,
    connection_pool::{ConnectionPool, PooledConnection},
    identity::{NO_ROLE, REPLICA, RoleCommand},
    redirect::Redirect,
    server_state::ServerState,
};
use crate::store::StoreError;

pub(super) struct RedisNode {
    pub(super) endpoint: Endpoint,
    pub(super) connections: ConnectionPool,
    pub(super) state: Arc<ServerState>,
    /// Whether each exchange asks the server for its role. A replica of a Cluster redirects by itself.
    pub(super) checks_role: bool,
}

/// Why a request has no answer.
pub(super) struct RequestFailure {
    /// Where it goes next, as it was not carried out; `None`: it ends here.
    pub(super) redirect: Option<Redirect>,
    /// For whoever gives up here.
    pub(super) error: StoreError,
}

impl RedisNode {
    /// Sends one command.
    pub(super) async fn send(&self, during: &'static str, command: &Cmd) -> Result<Value, RequestFailure> {
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
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let connection = self.connection(during).await?;
        // After the lane: a new connection looks at the server first, and may have led to an older copy of its data.
        match self.state.refusal() {
            Some(error) => Err(RequestFailure { redirect: None, error }),
            None => self.exchange_on(connection, during, commands).await,
        }
    }

    /// The same although the server must perhaps not be used.
    pub(super) async fn exchange(
        &self,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let connection = self.connection(during).await?;
        self.exchange_on(connection, during, commands).await
    }

    /// The server states its role before it carries out the commands, in the same round trip. What a master has at that
    /// moment holds every change that it answered before, and later commands see nothing older, also if it becomes a
    /// replica in between. The role of a replica makes all answers void.
    async fn exchange_on(
        &self,
        mut connection: PooledConnection,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let mut pipe = redis::pipe();
        // Without this, one error stands for all, and does not say where its command belongs.
        pipe.ignore_errors();
        let role_question = self.checks_role.then(|| self.state.role_command());
        if let Some(question) = role_question {
            question.append(&mut pipe);
        }
        for command in commands.cmd_iter() {
            pipe.add_command(command.clone());
        }
        let sent: RedisResult<Vec<RedisResult<Value>>> = pipe.query_async(&mut connection.multiplexed).await;
        let mut answers = match sent {
            Ok(answers) if answers.len() == pipe.len() => answers.into_iter(),
            Ok(_) => {
                let missing = (redis::ErrorKind::Parse, "answers are missing").into();
                return Err(self.failure(&connection, during, missing));
            }
            Err(error) => return Err(self.failure(&connection, during, error)),
        };
        if let Some(question) = role_question {
            self.check_role(&connection, during, question, answers.next())?;
        }
        Ok(answers.map(|answer| answer.map_err(|error| self.failure(&connection, during, error))).collect())
    }

    /// Fails unless the server states that it is a master, and closes the connection to a replica.
    fn check_role(
        &self,
        connection: &PooledConnection,
        during: &'static str,
        question: RoleCommand,
        answer: Option<RedisResult<Value>>,
    ) -> Result<(), RequestFailure> {
        let is_master = match answer {
            Some(Ok(answer)) => question.is_master(answer),
            Some(Err(error)) => return Err(self.failure(connection, during, error)),
            None => None,
        };
        let why = match is_master {
            Some(true) => return Ok(()),
            Some(false) => REPLICA,
            None => NO_ROLE,
        };
        if self.connections.discard(connection) {
            tracing::warn!(
                server = %self.endpoint, why,
                "nothing is read from this server, and its connection is closed; calls fail until a master answers"
            );
        }
        let source = format!("{}: {why}", self.endpoint).into();
        Err(RequestFailure { redirect: None, error: StoreError::Unreachable { during, source } })
    }

    async fn connection(&self, during: &'static str) -> Result<PooledConnection, RequestFailure> {
        self.connections.get(during).await.map_err(|error| {
            let text = match error {
                StoreError::Unreachable { source, .. } => format!("{}: {source}", self.endpoint),
                other => other.to_string(),
            };
            let error = StoreError::Unreachable { during, source: text.into() };
            RequestFailure { redirect: Some(Redirect::NotSent), error }
        })
    }

    fn failure(&self, connection: &PooledConnection, during: &'static str, error: RedisError) -> RequestFailure {
        let redirect = Redirect::from_error(&error, &self.endpoint);
        RequestFailure { redirect, error: self.connections.classify_error(connection, during, error) }
    }
}

impl RequestFailure {
    /// The same for another request that shares its fate.
    pub(super) fn duplicate(&self) -> Self {
        let error = match &self.error {
            StoreError::NoResponse { during, source } => {
                StoreError::NoResponse { during, source: source.to_string().into() }
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
