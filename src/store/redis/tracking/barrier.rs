//! Everything that happened up to now has been told: one question for all who want to know at the same time.
//!
//! A server tells of a change before it answers what it is asked after it. So whoever has an answer to a question that was
//! sent after they wanted to know has been told of all that was before.

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

/// Who waits for the next question, and for its answer.
#[derive(Default)]
pub(super) struct InvalidationBarrier {
    /// How many wanted to know so far, and of which buckets since the last question.
    requested: AtomicU64,
    buckets: Mutex<Vec<Bucket>>,
    /// How many of them know.
    completed: AtomicU64,
    /// Nobody asks any more.
    is_closed: AtomicBool,
    request_signal: Notify,
    completion_signal: Notify,
}

impl InvalidationBarrier {
    /// Waits for the answer to a question that is sent after this was called. `false` when nobody asks any more.
    pub(super) async fn wait(&self, bucket: Bucket) -> bool {
        // First what is asked for, then the turn: a question that counts this turn asks for the bucket, or one that was
        // sent just now did.
        self.add_bucket(bucket);
        let ticket = self.requested.fetch_add(1, Ordering::AcqRel) + 1;
        self.request_signal.notify_one();
        loop {
            let passed = self.completion_signal.notified();
            if self.completed.load(Ordering::Acquire) >= ticket {
                return true;
            }
            if self.is_closed.load(Ordering::Acquire) {
                return false;
            }
            passed.await;
        }
    }

    /// Asks again and again for as long as somebody wants to know, all buckets of a Cluster, and one that stands for all on
    /// one server. Each answer comes with the proof that the server is the same master still. Answers why that came to an
    /// end, and whenever a bucket is at another server tells so. A server that pauses is waited for: callers have a limit
    /// of their own, and whoever renews the lease decides when the connection is dead.
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

/// Tells those who wait that nobody asks any more, when it is dropped.
struct BarrierCloseGuard<'a>(&'a InvalidationBarrier);

impl Drop for BarrierCloseGuard<'_> {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.completion_signal.notify_waiters();
    }
}
