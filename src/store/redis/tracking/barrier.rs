//! Everything that happened up to now has been told: one question for all who want to know at the same time.
//!
//! A server tells of a change before it answers what it is asked after it. So whoever has an answer to a question that was
//! sent after they wanted to know has been told of all that was before.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use super::{
    hub::Hub,
    link::Link,
    probe::{Claim, whereabouts},
};
use crate::{
    domain::Bucket,
    sync::{Mutex, PoisonError},
};

/// Who waits for the next question, and for its answer.
#[derive(Default)]
pub(super) struct Barrier {
    /// How many wanted to know so far, and of which buckets since the last question.
    wanted: AtomicU64,
    buckets: Mutex<Vec<Bucket>>,
    /// How many of them know.
    answered: AtomicU64,
    /// Nobody asks any more.
    over: AtomicBool,
    come: Notify,
    passed: Notify,
}

impl Barrier {
    /// Waits for the answer to a question that is sent after this was called. `false` when nobody asks any more.
    pub(super) async fn pass(&self, bucket: Bucket) -> bool {
        // First what is asked for, then the turn: a question that counts this turn asks for the bucket, or one that was
        // sent just now did.
        self.note(bucket);
        let turn = self.wanted.fetch_add(1, Ordering::AcqRel) + 1;
        self.come.notify_one();
        loop {
            let passed = self.passed.notified();
            if self.answered.load(Ordering::Acquire) >= turn {
                return true;
            }
            if self.over.load(Ordering::Acquire) {
                return false;
            }
            passed.await;
        }
    }

    /// Asks again and again for as long as somebody wants to know, all buckets of a Cluster, and one that stands for all on
    /// one server. Each answer comes with the proof that the server is the same master still. Answers why that came to an
    /// end, and whenever a bucket is at another server tells so. A server that pauses is waited for: callers have a limit
    /// of their own, and whoever renews the lease decides when the connection is dead.
    pub(super) async fn run(&self, link: &Link, hub: &Hub, is_cluster: bool, elsewhere: impl Fn()) -> String {
        let _over = Over(self);
        loop {
            let turn = self.wanted.load(Ordering::Acquire);
            if turn == self.answered.load(Ordering::Acquire) {
                self.come.notified().await;
                continue;
            }
            let mut buckets = self.take();
            if !is_cluster {
                buckets.truncate(1);
            }
            match whereabouts(link, &buckets).await {
                Err(why) => return why,
                Ok(claims) => {
                    for (bucket, _) in buckets.iter().zip(&claims).filter(|(_, claim)| **claim != Claim::Whole) {
                        hub.detach(*bucket, &link.lease);
                        elsewhere();
                    }
                }
            }
            self.answered.store(turn, Ordering::Release);
            self.passed.notify_waiters();
        }
    }

    fn note(&self, bucket: Bucket) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains(&bucket) {
            buckets.push(bucket);
        }
    }

    fn take(&self) -> Vec<Bucket> {
        std::mem::take(&mut *self.buckets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells those who wait that nobody asks any more, when it is dropped.
struct Over<'a>(&'a Barrier);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
        self.0.passed.notify_waiters();
    }
}
