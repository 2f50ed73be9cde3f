//! A Redis server and the exchange of commands with it.

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
    /// Makes each exchange ask the server for its role. A replica of a Cluster redirects by itself.
    pub(super) checks_role: bool,
}

/// The failure of a request.
pub(super) struct RequestFailure {
    /// The next step for a request that was not executed; `None`: it must not be sent again.
    pub(super) redirect: Option<Redirect>,
    /// The error for a caller that gives up here.
    pub(super) error: StoreError,
}

impl RedisNode {
    /// Sends one command.
    pub(super) async fn send(&self, during: &'static str, command: &Cmd) -> Result<Value, RequestFailure> {
        let mut pipe = redis::pipe();
        pipe.add_command(command.clone());
        self.send_each(during, &pipe).await?.pop().unwrap_or(Ok(Value::Nil))
    }

    /// Sends several commands in one pipeline. Returns one result per command, in their order; a failure if none of
    /// them was answered. Fails without sending anything while the server must not be used.
    pub(super) async fn send_each(
        &self,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let connection = self.connection(during).await?;
        // Checked after the connection is there: a new one inspects the server first, and may lead to an older copy of
        // its data.
        match self.state.refusal() {
            Some(error) => Err(RequestFailure { redirect: None, error }),
            None => self.exchange_on(connection, during, commands).await,
        }
    }

    /// Does the same as [`send_each`](Self::send_each), also with a server that must not be used.
    pub(super) async fn exchange(
        &self,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let connection = self.connection(during).await?;
        self.exchange_on(connection, during, commands).await
    }

    /// Sends the commands after the one that returns the server's role, in the same round trip. At that moment a master
    /// has every change that it acknowledged before, and later commands see nothing older, even if it becomes a replica
    /// in between. The answers of a replica are discarded.
    async fn exchange_on(
        &self,
        mut connection: PooledConnection,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let mut pipe = redis::pipe();
        // Otherwise one error replaces all answers, and its redirect is lost.
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
                let missing = (redis::ErrorKind::Parse, "incomplete pipeline reply").into();
                return Err(self.failure(&connection, during, missing));
            }
            Err(error) => return Err(self.failure(&connection, during, error)),
        };
        if let Some(question) = role_question {
            self.check_role(&connection, during, question, answers.next())?;
        }
        Ok(answers.map(|answer| answer.map_err(|error| self.failure(&connection, during, error))).collect())
    }

    /// Fails unless the server reports that it is a master. Closes the connection to a replica.
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
        let reason = match is_master {
            Some(true) => return Ok(()),
            Some(false) => REPLICA,
            None => NO_ROLE,
        };
        if self.connections.discard(connection) {
            tracing::warn!(
                server = %self.endpoint, reason,
                "connected server is not a master; connection closed, calls fail until a master responds"
            );
        }
        let source = format!("{}: {reason}", self.endpoint).into();
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
    /// Returns a copy of the failure for another request that shares it.
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
            StoreError::Binding { during, fault } => StoreError::Binding { during, fault: *fault },
            other => StoreError::corrupt("sending a pipeline", other.to_string()),
        };
        Self { redirect: self.redirect.clone(), error }
    }
}
