//! A Redis server and the exchange of commands with it.

use std::{iter, sync::Arc};

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};

use crate::{
    address::Endpoint,
    client_error::ClientError,
    connection_pool::{ConnectionPool, PooledConnection},
    inspection::ServerInspection,
    redirect::Redirect,
    request::RedisRequest,
    role::{NO_ROLE, REPLICA, RoleCommand},
    server_state::ServerState,
};

/// A Redis server: one server, or a node of a Cluster.
pub struct RedisNode<I> {
    pub(crate) endpoint: Endpoint,
    pub(crate) connections: ConnectionPool,
    pub(crate) state: Arc<ServerState<I>>,
    /// Makes each exchange ask the server for its role. A replica of a Cluster redirects by itself.
    pub(crate) checks_role: bool,
}

/// The failure of a request.
#[derive(Clone, Debug)]
pub struct RequestFailure {
    /// The next step for a request that was not executed; `None`: it must not be sent again.
    pub redirect: Option<Redirect>,
    /// The error for a caller that gives up here.
    pub error: ClientError,
}

impl<I: ServerInspection> RedisNode<I> {
    /// Returns the application's inspection of the server.
    #[must_use]
    pub fn inspection(&self) -> &I {
        &self.state.inspection
    }

    /// Returns the error of a request to the server, if the application does not use it.
    #[must_use]
    pub fn refusal(&self) -> Option<ClientError> {
        self.state.refusal()
    }

    /// Sends one command. Fails without sending it while the server must not be used. The command is not redirected.
    pub async fn send(&self, during: &'static str, command: &Cmd) -> Result<Value, RequestFailure> {
        self.send_each(during, iter::once(command)).await?.pop().unwrap_or(Ok(Value::Nil))
    }

    /// Sends several commands in one pipeline. Returns one result per command, in their order; a failure if none of
    /// them was answered. Fails without sending anything while the server must not be used.
    pub(crate) async fn send_each<'a>(
        &self,
        during: &'static str,
        commands: impl Iterator<Item = &'a Cmd>,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let connection = self.connection(during).await?;
        // Checked after the connection is there: a new one inspects the server first, and may lead to an older copy of
        // its data.
        match self.refusal() {
            Some(error) => Err(RequestFailure { redirect: None, error }),
            None => self.exchange_on(connection, during, commands).await,
        }
    }

    /// Does the same as [`send_each`](Self::send_each), also with a server that must not be used.
    pub(crate) async fn exchange<'a>(
        &self,
        during: &'static str,
        commands: impl Iterator<Item = &'a Cmd>,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let connection = self.connection(during).await?;
        self.exchange_on(connection, during, commands).await
    }

    /// Sends several commands in one pipeline, also to a server that must not be used, and inspects the server again in
    /// the same round trip if that is due. Returns one result per command, in their order; a failure if none of them was
    /// answered.
    pub async fn exchange_and_inspect(
        &self,
        during: &'static str,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        if !self.state.is_refresh_due() {
            return self.exchange(during, commands.cmd_iter()).await;
        }
        let mut pipe = commands.clone();
        self.state.append_inspection(&mut pipe);
        let mut answers = self.exchange(during, pipe.cmd_iter()).await?;
        let inspected = answers.split_off(commands.len());
        self.state.record(inspected.into_iter().map(Result::ok));
        Ok(answers)
    }

    /// Runs a script on this server, also if it must not be used. The request is not redirected.
    pub async fn run_script(&self, during: &'static str, request: &RedisRequest<'_>) -> Result<Value, RequestFailure> {
        let answer = self.send_script(during, request, false).await;
        if answer.as_ref().is_err_and(|failure| failure.redirect == Some(Redirect::NoScript)) {
            return self.send_script(during, request, true).await;
        }
        answer
    }

    async fn send_script(
        &self,
        during: &'static str,
        request: &RedisRequest<'_>,
        loads_script: bool,
    ) -> Result<Value, RequestFailure> {
        let mut pipe = redis::pipe();
        if let Some(script) = request.script.filter(|_| loads_script) {
            pipe.load_script(script);
        }
        pipe.add_command(request.command.clone());
        let missing = || RequestFailure { redirect: None, error: ClientError::unreachable(during, "no response") };
        self.exchange(during, pipe.cmd_iter()).await?.pop().unwrap_or_else(|| Err(missing()))
    }

    /// Sends the commands after the one that returns the server's role, in the same round trip. At that moment a master
    /// has every change that it acknowledged before, and later commands see nothing older, even if it becomes a replica
    /// in between. The answers of a replica are discarded.
    async fn exchange_on<'a>(
        &self,
        mut connection: PooledConnection,
        during: &'static str,
        commands: impl Iterator<Item = &'a Cmd>,
    ) -> Result<Vec<Result<Value, RequestFailure>>, RequestFailure> {
        let mut pipe = Pipeline::with_capacity(commands.size_hint().0 + 1);
        // Otherwise one error replaces all answers, and its redirect is lost.
        pipe.ignore_errors();
        let role_question = self.checks_role.then(|| self.state.role_command());
        if let Some(question) = role_question {
            question.append(&mut pipe);
        }
        for command in commands {
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
        let error = ClientError::unreachable(during, format!("{}: {reason}", self.endpoint));
        Err(RequestFailure { redirect: None, error })
    }

    async fn connection(&self, during: &'static str) -> Result<PooledConnection, RequestFailure> {
        self.connections.get(during).await.map_err(|error| {
            let text = match error {
                ClientError::Unreachable { source, .. } => format!("{}: {source}", self.endpoint),
                other => other.to_string(),
            };
            RequestFailure { redirect: Some(Redirect::NotSent), error: ClientError::unreachable(during, text) }
        })
    }

    fn failure(&self, connection: &PooledConnection, during: &'static str, error: RedisError) -> RequestFailure {
        let redirect = Redirect::from_error(&error, &self.endpoint);
        RequestFailure { redirect, error: self.connections.classify_error(connection, during, error) }
    }
}
