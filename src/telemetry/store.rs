//! A store that is measured.

use std::{ops::RangeInclusive, sync::Arc};

use async_trait::async_trait;

use crate::{
    clock::Stopwatch,
    domain::{Bucket, Ended, Owner, Session, SessionId, UnixMillis, UserHandle},
    store::{
        Acquaintance, Backlog, CreateOutcome, Creation, Loaded, MassRevocation, PendingEvent, Position, Revocation,
        Revoked, SessionStore, StoreError, Swept, Touch, Update, UpdateOutcome, UserForgetting, UserRevocation,
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

    async fn forget(&self, forgetting: UserForgetting) -> Result<Revoked, StoreError> {
        self.measured(StoreVerb::Forget, self.store.forget(forgetting)).await
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        self.measured(StoreVerb::RevokeMass, self.store.revoke_mass(revocation)).await
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<Swept, StoreError> {
        self.measured(StoreVerb::Sweep, self.store.sweep(bucket, now, limit)).await
    }

    async fn read_outbox(
        &self,
        buckets: RangeInclusive<Bucket>,
        limit: usize,
    ) -> Result<Vec<PendingEvent>, StoreError> {
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
