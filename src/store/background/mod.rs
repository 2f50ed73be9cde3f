//! Background work that the nodes of a shared store divide among themselves.
//!
//! Each node writes a heartbeat into the store and learns from it which nodes are alive. Every bucket belongs to one of
//! them, by rendezvous hashing ([`rendezvous_share`]). A node claims its buckets in the store, and each claim raises
//! the epoch of the bucket. A step of background work states its claim and changes nothing once another node has
//! claimed the bucket.

mod assignment;
mod claim;
mod health;
mod rendezvous;
mod report;

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use tokio_stream::Stream;

use super::{AlertRetention, ForwardOutcome, OutboxPosition, StoreError, SweepOutcome};
use crate::domain::{Bucket, BucketSet, UnixMillis};

pub use assignment::{BucketAssignment, MarkedOutboxes};
pub use claim::{BucketClaim, BucketClaims, NodeId};
pub use health::{NodeHealth, Release};
pub use rendezvous::{effective_share, rendezvous_share};
pub use report::{ClusterView, HeartbeatResponse, LiveNode, NodeReport};

/// A store whose background work several nodes share.
///
/// The steps that take a [`BucketClaim`] compare it with the claim in the store, in the same atomic step, and fail with
/// [`StoreError::ClaimLost`] before they change anything. Without the comparison two nodes at one bucket would do the
/// same work twice, to the same effect: a claim saves work, and correctness does not rest on it alone.
#[async_trait]
pub trait BackgroundStore: Send + Sync {
    /// Writes the heartbeat of `node` and returns the nodes that are alive by the clock of the store.
    async fn heartbeat(&self, node: NodeId, report: &NodeReport) -> Result<HeartbeatResponse, StoreError>;

    /// Removes the heartbeat of `node` and notifies the others.
    async fn leave(&self, node: NodeId) -> Result<(), StoreError>;

    /// Claims buckets for `node`. Buckets whose server does not respond are missing from the result.
    async fn claim(&self, node: NodeId, buckets: BucketSet) -> Result<Vec<BucketClaim>, StoreError>;

    /// Inspects buckets for work that was not announced. `now` decides which sessions have ended.
    async fn inspect(&self, buckets: BucketSet, now: UnixMillis) -> Result<Vec<BucketStatus>, StoreError>;

    /// Returns the length of the outbox of each bucket. Fails if one of them cannot be read.
    async fn outbox_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError>;

    /// Returns the number of findings of each bucket. Buckets whose server does not respond are missing; if none
    /// responds, the call fails.
    async fn findings_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError>;

    /// Removes exactly these events, as [`Outbox::delete_from_outbox`](super::Outbox::delete_from_outbox)
    /// does, under the claims of their buckets. Events of buckets whose claim is lost stay.
    async fn delete_relayed(
        &self,
        positions: &[OutboxPosition],
        claims: &BucketClaims,
    ) -> Result<OutboxDeletion, StoreError>;

    /// Sweeps a bucket as [`SessionStore::sweep`](super::SessionStore::sweep) does.
    async fn sweep_claimed(
        &self,
        claim: BucketClaim,
        now: UnixMillis,
        limit: usize,
    ) -> Result<SweepOutcome, StoreError>;

    /// Forwards findings as [`AlertStream::forward`](super::AlertStream::forward) does.
    async fn forward_claimed(
        &self,
        claim: BucketClaim,
        limit: usize,
        keep: AlertRetention,
    ) -> Result<ForwardOutcome, StoreError>;

    /// Subscribes to the notifications of `node`, from the moment when this returns.
    async fn subscribe_notifications(&self, node: NodeId) -> Result<NotificationStream, StoreError>;
}

/// The background work that a node shares with others.
#[derive(Clone)]
pub struct SharedWork {
    pub store: Arc<dyn BackgroundStore>,
    pub assignment: Arc<BucketAssignment>,
}

/// The result of deleting from outboxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxDeletion {
    /// The buckets whose outbox is now empty.
    pub empty: BucketSet,
    /// The buckets in which no event was deleted, because another node owns them.
    pub lost: BucketSet,
}

/// The result of inspecting a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketStatus {
    pub bucket: Bucket,
    /// True if events wait in its outbox. Read after `is_sweep_due`.
    pub has_events: bool,
    pub has_findings: bool,
    /// True if sessions are over and not ended yet, or may be after a mass revocation.
    pub is_sweep_due: bool,
}

/// The length of a queue in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLength {
    pub bucket: Bucket,
    pub entries: u64,
    /// The time at which the oldest was written, by the clock of the store.
    pub oldest: Option<UnixMillis>,
}

/// A notification from a store to a node. It may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreNotification {
    /// An event was appended to the empty outbox of this bucket.
    Events(Bucket),
    /// A finding was appended to the empty queue of this bucket.
    Findings(Bucket),
    /// Another node claimed this bucket from the node.
    Claimed(Bucket),
    /// A node joined or left.
    NodesChanged,
}

/// Notifications as they arrive. Ends after an error.
pub type NotificationStream = Pin<Box<dyn Stream<Item = Result<StoreNotification, StoreError>> + Send>>;
