//! A store that is measured.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    clock::Stopwatch,
    domain::{Bucket, BucketSet, Ended, Owner, Session, SessionId, UnixMillis, UserHandle},
    store::{
        Acquaintance, BackgroundStore, Backlog, BucketClaim, BucketClaims, BucketLook, CreateOutcome, Creation,
        Deleted, Forwarded, Heartbeat, Keep, Loaded, MassRevocation, NewsMessages, NodeId, NodeReport, PendingEvent,
        Position, QueueLength, Revocation, Revoked, SessionStore, StoreError, Swept, Touch, Update, UpdateOutcome,
        UserForgetting, UserForgotten, UserRevocation,
    },
};

use super::metrics::{Metrics, StoreMetrics, StoreVerb};

/// Passes every verb on to a store and notes how long it took and how it failed.
pub struct MeteredStore<S: ?Sized> {
    metrics: StoreMetrics,
    store: Arc<S>,
}

impl<S: SessionStore + ?Sized> MeteredStore<S> {
    pub fn new(store: Arc<S>, metrics: &Metrics) -> Self {
        Self { metrics: metrics.store.clone(), store }
    }

    async fn measured<T>(
        &self,
        verb: StoreVerb,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let stopwatch = Stopwatch::start();
        let outcome = call.await;
        self.metrics.answered(verb, stopwatch.elapsed(), outcome.as_ref().err());
        outcome
    }
}

#[async_trait]
impl<S: SessionStore + ?Sized> SessionStore for MeteredStore<S> {
    fn engine(&self) -> &'static str {
        self.store.engine()
    }

    async fn create(&self, creation: Creation) -> Result<CreateOutcome, StoreError> {
        self.measured(StoreVerb::Create, self.store.create(creation)).await
    }

    async fn acquaint(&self, owner: &Owner, handle: UserHandle, now: UnixMillis) -> Result<Acquaintance, StoreError> {
        self.measured(StoreVerb::Acquaint, self.store.acquaint(owner, handle, now)).await
    }

    async fn load(&self, id: SessionId) -> Result<Loaded, StoreError> {
        self.measured(StoreVerb::Load, self.store.load(id)).await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        self.measured(StoreVerb::Touch, self.store.touch(touches)).await
    }

    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError> {
        self.measured(StoreVerb::List, self.store.list(owner, handle, touches, now)).await
    }

    async fn update(&self, update: Update) -> Result<UpdateOutcome, StoreError> {
        self.measured(StoreVerb::Update, self.store.update(update)).await
    }

    async fn revoke(&self, revocation: Revocation) -> Result<Vec<Ended>, StoreError> {
        self.measured(StoreVerb::Revoke, self.store.revoke(revocation)).await
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<Revoked, StoreError> {
        self.measured(StoreVerb::RevokeAll, self.store.revoke_all(revocation)).await
    }

    async fn forget(&self, forgetting: UserForgetting) -> Result<UserForgotten, StoreError> {
        self.measured(StoreVerb::Forget, self.store.forget(forgetting)).await
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        self.measured(StoreVerb::RevokeMass, self.store.revoke_mass(revocation)).await
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<Swept, StoreError> {
        self.measured(StoreVerb::Sweep, self.store.sweep(bucket, now, limit)).await
    }

    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError> {
        self.measured(StoreVerb::ReadOutbox, self.store.read_outbox(buckets, limit)).await
    }

    async fn delete_from_outbox(&self, positions: &[Position]) -> Result<(), StoreError> {
        self.measured(StoreVerb::DeleteFromOutbox, self.store.delete_from_outbox(positions)).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.measured(StoreVerb::Backlog, self.store.backlog()).await
    }

    async fn time(&self) -> Result<UnixMillis, StoreError> {
        self.measured(StoreVerb::Time, self.store.time()).await
    }

    async fn probe_write(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.measured(StoreVerb::ProbeWrite, self.store.probe_write(now)).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

/// Deleting, sweeping and counting are measured as the verbs of a session store that do the same; heartbeats, claims and looks
/// are not.
#[async_trait]
impl<S: SessionStore + BackgroundStore + ?Sized> BackgroundStore for MeteredStore<S> {
    async fn heartbeat(&self, node: NodeId, report: &NodeReport) -> Result<Heartbeat, StoreError> {
        self.store.heartbeat(node, report).await
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.store.leave(node).await
    }

    async fn claim(&self, node: NodeId, buckets: BucketSet) -> Result<Vec<BucketClaim>, StoreError> {
        self.store.claim(node, buckets).await
    }

    async fn look(&self, buckets: BucketSet, now: UnixMillis) -> Result<Vec<BucketLook>, StoreError> {
        self.store.look(buckets, now).await
    }

    async fn outbox_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError> {
        self.measured(StoreVerb::Backlog, self.store.outbox_lengths(buckets)).await
    }

    async fn findings_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError> {
        self.store.findings_lengths(buckets).await
    }

    async fn delete_relayed(&self, positions: &[Position], claims: &BucketClaims) -> Result<Deleted, StoreError> {
        self.measured(StoreVerb::DeleteFromOutbox, self.store.delete_relayed(positions, claims)).await
    }

    async fn sweep_claimed(&self, claim: BucketClaim, now: UnixMillis, limit: usize) -> Result<Swept, StoreError> {
        self.measured(StoreVerb::Sweep, self.store.sweep_claimed(claim, now, limit)).await
    }

    async fn forward_claimed(&self, claim: BucketClaim, limit: usize, keep: Keep) -> Result<Forwarded, StoreError> {
        self.store.forward_claimed(claim, limit, keep).await
    }

    async fn news(&self, node: NodeId) -> Result<NewsMessages, StoreError> {
        self.store.news(node).await
    }
}
