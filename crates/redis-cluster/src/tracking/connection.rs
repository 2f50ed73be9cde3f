//! Tracking connections.

use std::sync::Arc;

use redis::{ErrorKind, Pipeline, RedisResult, Value, aio::MultiplexedConnection};

use super::{barrier::InvalidationBarrier, tracked_data::TrackedData};
use crate::address::Endpoint;

/// A tracking connection: a connection to a master that receives an invalidation for every key read on it.
pub(super) struct TrackingConnection<T: TrackedData> {
    pub(super) endpoint: Endpoint,
    pub(super) lease: Arc<T::Lease>,
    pub(super) replication_id: String,
    pub(super) barrier: InvalidationBarrier<T::Part>,
    pub(super) connection: MultiplexedConnection,
}

impl<T: TrackedData> TrackingConnection<T> {
    /// Sends several commands in one pipeline. Returns one result per command. The caller has to limit the time:
    /// without a response, this does not return.
    pub(super) async fn send(&self, mut commands: Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
        // Otherwise one error replaces all answers.
        commands.ignore_errors();
        let answers: Vec<_> = commands.query_async(&mut self.connection.clone()).await?;
        if answers.len() == commands.len() {
            Ok(answers)
        } else {
            Err((ErrorKind::Parse, "incomplete pipeline reply").into())
        }
    }

    pub(super) fn has_lease(&self, lease: &T::Lease) -> bool {
        std::ptr::eq(&raw const *self.lease, lease)
    }
}
