//! A barrier: proof that every invalidation up to now has arrived, for all callers that wait at the same time.
//!
//! A server sends the invalidation of a change before the response to any later command. So a caller that has the
//! response to a command sent after its request has received every invalidation before the request.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use super::{
    connection::TrackingConnection,
    ownership::{BucketOwnership, check_ownership},
    registry::TrackingRegistry,
};
use crate::{
    domain::Bucket,
    sync::{Mutex, PoisonError},
};

/// The callers that wait for the next barrier command, or for its response.
#[derive(Default)]
pub(super) struct InvalidationBarrier {
    /// Number of requests so far, and their buckets since the last command.
    requested: AtomicU64,
    buckets: Mutex<Vec<Bucket>>,
    /// Number of requests that are completed.
    completed: AtomicU64,
    /// Set when no further command will be sent.
    is_closed: AtomicBool,
    request_signal: Notify,
    completion_signal: Notify,
}

impl InvalidationBarrier {
    /// Waits for the response to a command that is sent after this call. Returns `false` if no further command will be
    /// sent.
    pub(super) async fn wait(&self, bucket: Bucket) -> bool {
        // The bucket is added before the ticket is taken. So a command that counts this ticket asks for the bucket, or
        // one that was sent just before did.
        self.add_bucket(bucket);
        let ticket = self.requested.fetch_add(1, Ordering::AcqRel) + 1;
        self.request_signal.notify_one();
        loop {
            let completion = self.completion_signal.notified();
            if self.completed.load(Ordering::Acquire) >= ticket {
                return true;
            }
            if self.is_closed.load(Ordering::Acquire) {
                return false;
            }
            completion.await;
        }
    }

    /// Sends a command whenever callers wait: for all their buckets on a Cluster, and for one that stands for all on
    /// one server. Each response comes with the proof that the server is still the same master. Calls `on_moved`
    /// whenever a bucket is on another server. Returns the reason for which this ended.
    ///
    /// A paused server is waited for: callers have their own time limit, and the renewal of the lease decides when the
    /// connection is dead.
    pub(super) async fn run(
        &self,
        connection: &TrackingConnection,
        registry: &TrackingRegistry,
        is_cluster: bool,
        on_moved: impl Fn(),
    ) -> String {
        let _close_guard = BarrierCloseGuard(self);
        loop {
            let ticket = self.requested.load(Ordering::Acquire);
            if ticket == self.completed.load(Ordering::Acquire) {
                self.request_signal.notified().await;
                continue;
            }
            let mut buckets = self.take_buckets();
            if !is_cluster {
                buckets.truncate(1);
            }
            match check_ownership(connection, &buckets).await {
                Err(why) => return why,
                Ok(claims) => {
                    for (bucket, _) in
                        buckets.iter().zip(&claims).filter(|(_, claim)| **claim != BucketOwnership::Owned)
                    {
                        registry.detach(*bucket, &connection.lease);
                        on_moved();
                    }
                }
            }
            self.completed.store(ticket, Ordering::Release);
            self.completion_signal.notify_waiters();
        }
    }

    fn add_bucket(&self, bucket: Bucket) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains(&bucket) {
            buckets.push(bucket);
        }
    }

    fn take_buckets(&self) -> Vec<Bucket> {
        std::mem::take(&mut *self.buckets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Closes the barrier and wakes its callers when it is dropped.
struct BarrierCloseGuard<'a>(&'a InvalidationBarrier);

impl Drop for BarrierCloseGuard<'_> {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.completion_signal.notify_waiters();
    }
}
