//! Reads on a tracking connection.

use std::sync::Arc;

use redis::{ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::time::timeout;

use super::{
    Tracking,
    connection::TrackingConnection,
    ownership::{check_identity, is_redirect},
    registry::TrackingRegistry,
    tracked_data::TrackedData,
};
use crate::{client_error::ClientError, inspection::ServerInspection, router::Router};

/// Reads on the tracking connection of one lease. The server sends an invalidation for every key that is read. A caller
/// uses what it has read only if the part [is still tracked](Self::is_tracked) afterwards.
pub struct TrackedReader<'a, I, T: TrackedData> {
    pub(super) tracking: &'a Tracking<T>,
    pub(super) router: &'a Router<I>,
    pub(super) during: &'static str,
    pub(super) registry: Arc<TrackingRegistry<T>>,
    pub(super) connection: Arc<TrackingConnection<T>>,
}

impl<I: ServerInspection, T: TrackedData> TrackedReader<'_, I, T> {
    /// Returns whether a part is attached to the lease of this reader.
    #[must_use]
    pub fn is_tracked(&self, part: T::Part) -> bool {
        self.registry.connection(part, &self.connection.lease).is_some()
    }

    /// Reads from one part. Returns all answers, or the first error.
    pub async fn read(&self, part: T::Part, commands: Pipeline) -> Result<Vec<Value>, ClientError> {
        let answers = self.exchange(commands).await?;
        answers.into_iter().collect::<Result<_, _>>().map_err(|error| self.note_failure(Some(part), error))
    }

    /// Reads from several parts. Returns one result per command, each by a server that reports, before them, that it is
    /// still the same master; otherwise ends the lease. Errors have to be [noted](Self::note_failure).
    pub async fn exchange(&self, commands: Pipeline) -> Result<Vec<RedisResult<Value>>, ClientError> {
        let mut pipe = redis::pipe();
        pipe.cmd("INFO").arg("replication");
        for command in commands.cmd_iter() {
            pipe.add_command(command.clone());
        }
        let answers = timeout(self.router.options.response_timeout, self.connection.send(pipe)).await;
        // The supervisor of the connection finds out whether it is dead or only slow.
        let answers = answers.map_err(|_| ClientError::unreachable(self.during, "no response in time"))?;
        let mut answers = answers.map_err(|error| self.note_failure(None, error))?.into_iter();
        if let Err(why) = check_identity(&self.connection, answers.next()) {
            self.registry.end_lease(&self.connection.lease);
            return Err(ClientError::unreachable(self.during, why));
        }
        Ok(answers.collect())
    }

    /// Ends the lease, or detaches the part that was read, if the error means that it cannot be relied upon. Returns
    /// the error for the caller.
    pub fn note_failure(&self, part: Option<T::Part>, error: RedisError) -> ClientError {
        if let Some(part) = part.filter(|_| is_redirect(&self.connection, &error)) {
            self.registry.detach(part, &self.connection.lease);
            self.tracking.stale_slot_map.notify_one();
        }
        match error.kind() {
            ErrorKind::Io | ErrorKind::Parse => self.registry.end_lease(&self.connection.lease),
            ErrorKind::UnexpectedReturnType | ErrorKind::Server(ServerErrorKind::ResponseError) => {
                return ClientError::unexpected_reply(self.during, error.to_string());
            }
            _ => {}
        }
        ClientError::unreachable(self.during, error)
    }

    /// Waits until every invalidation of the part up to now has arrived. Returns `false` if that cannot be proven.
    pub async fn catch_up(&self, part: T::Part) -> bool {
        self.connection.barrier.wait(part).await
    }
}
