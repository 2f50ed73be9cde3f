//! A store with metrics.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    clock::Stopwatch,
    domain::{
        Alert, Bucket, BucketSet, JwtIdDigest, Owner, Session, SessionEnding, SessionId, UnixMillis, UserHandle,
        failures::{FailureRecord, FailureSubject},
    },
    store::{
        AlertAnswer, AlertRetention, AnswerOutcome, BackgroundStore, Backlog, BucketClaim, BucketClaims, BucketStatus,
        CreateOutcome, DenialCounts, Denylist, FailureFindings, FailureReport, FailureStore, ForwardOutcome,
        HeartbeatResponse, JwtDenial, LoadOutcome, MassRevocation, NodeId, NodeReport, NotificationStream, Outbox,
        OutboxDeletion, OutboxPosition, PendingEvent, PresentationOutcome, QueueLength, RevokedSessions, SeenClient,
        SessionCreation, SessionRevocation, SessionStore, SessionUpdate, SettingProblem, SignInLookup, SignInState,
        StoreClock, StoreError, StoreHealth, SweepOutcome, TokenPresentation, Touch, UpdateOutcome, UserErasure,
        UserErasureOutcome, UserFindings, UserRevocation, UserState,
    },
};

use super::metrics::{Metrics, StoreMetrics, StoreOperation};

/// Wraps a store and measures the duration and the failures of its operations.
pub struct MeteredStore<S: ?Sized> {
    metrics: StoreMetrics,
    store: Arc<S>,
}

impl<S: ?Sized> MeteredStore<S> {
    pub fn new(store: Arc<S>, metrics: &Metrics) -> Self {
        Self { metrics: metrics.store.clone(), store }
    }

    async fn measure<T>(
        &self,
        operation: StoreOperation,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let stopwatch = Stopwatch::start();
        let outcome = call.await;
        self.metrics.observe_call(operation, stopwatch.elapsed(), outcome.as_ref().err());
        outcome
    }
}

#[async_trait]
impl<S: SessionStore + ?Sized> SessionStore for MeteredStore<S> {
    async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
        self.measure(StoreOperation::Create, self.store.create(creation)).await
    }

    async fn load_user_state(
        &self,
        owner: &Owner,
        handle: UserHandle,
        now: UnixMillis,
    ) -> Result<UserState, StoreError> {
        self.measure(StoreOperation::LoadUserState, self.store.load_user_state(owner, handle, now)).await
    }

    async fn load_sign_in_state(&self, lookup: &SignInLookup<'_>) -> Result<SignInState, StoreError> {
        self.measure(StoreOperation::LoadSignInState, self.store.load_sign_in_state(lookup)).await
    }

    async fn load(&self, id: SessionId) -> Result<LoadOutcome, StoreError> {
        self.measure(StoreOperation::Load, self.store.load(id)).await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        self.measure(StoreOperation::Touch, self.store.touch(touches)).await
    }

    async fn put_last_seen(&self, clients: &[SeenClient]) -> Result<(), StoreError> {
        self.measure(StoreOperation::PutLastSeen, self.store.put_last_seen(clients)).await
    }

    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError> {
        self.measure(StoreOperation::List, self.store.list(owner, handle, touches, now)).await
    }

    async fn update(&self, update: SessionUpdate) -> Result<UpdateOutcome, StoreError> {
        self.measure(StoreOperation::Update, self.store.update(update)).await
    }

    async fn present_token(&self, presentation: TokenPresentation) -> Result<PresentationOutcome, StoreError> {
        self.measure(StoreOperation::PresentToken, self.store.present_token(presentation)).await
    }

    async fn revoke(&self, revocation: SessionRevocation) -> Result<Vec<SessionEnding>, StoreError> {
        self.measure(StoreOperation::Revoke, self.store.revoke(revocation)).await
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<RevokedSessions, StoreError> {
        self.measure(StoreOperation::RevokeAll, self.store.revoke_all(revocation)).await
    }

    async fn answer_alert(&self, answer: AlertAnswer) -> Result<AnswerOutcome, StoreError> {
        self.measure(StoreOperation::AnswerAlert, self.store.answer_alert(answer)).await
    }

    async fn forget_user(&self, forgetting: UserErasure) -> Result<UserErasureOutcome, StoreError> {
        self.measure(StoreOperation::Forget, self.store.forget_user(forgetting)).await
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        self.measure(StoreOperation::RevokeMass, self.store.revoke_mass(revocation)).await
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<SweepOutcome, StoreError> {
        self.measure(StoreOperation::Sweep, self.store.sweep(bucket, now, limit)).await
    }
}

#[async_trait]
impl<S: Denylist + ?Sized> Denylist for MeteredStore<S> {
    async fn deny(&self, denial: JwtDenial) -> Result<DenialCounts, StoreError> {
        self.measure(StoreOperation::Deny, self.store.deny(denial)).await
    }

    async fn find_denials(&self, ids: &[JwtIdDigest]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        self.measure(StoreOperation::FindDenials, self.store.find_denials(ids)).await
    }
}

#[async_trait]
impl<S: FailureStore + ?Sized> FailureStore for MeteredStore<S> {
    async fn record_failure(&self, report: FailureReport) -> Result<FailureRecord, StoreError> {
        self.measure(StoreOperation::RecordFailure, self.store.record_failure(report)).await
    }

    async fn record_success(&self, handle: UserHandle, now: UnixMillis) -> Result<FailureRecord, StoreError> {
        self.measure(StoreOperation::RecordSuccess, self.store.record_success(handle, now)).await
    }

    async fn load_failures(&self, subject: FailureSubject, handle: UserHandle) -> Result<FailureRecord, StoreError> {
        self.measure(StoreOperation::LoadFailures, self.store.load_failures(subject, handle)).await
    }

    async fn raise_findings(&self, findings: FailureFindings) -> Result<Vec<Alert>, StoreError> {
        self.measure(StoreOperation::RaiseFindings, self.store.raise_findings(findings)).await
    }

    async fn raise_user_findings(&self, findings: UserFindings) -> Result<Vec<Alert>, StoreError> {
        self.measure(StoreOperation::RaiseFindings, self.store.raise_user_findings(findings)).await
    }

    async fn delete_failures(&self, handle: UserHandle) -> Result<(), StoreError> {
        self.measure(StoreOperation::DeleteFailures, self.store.delete_failures(handle)).await
    }
}

#[async_trait]
impl<S: Outbox + ?Sized> Outbox for MeteredStore<S> {
    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError> {
        self.measure(StoreOperation::ReadOutbox, self.store.read_outbox(buckets, limit)).await
    }

    async fn delete_from_outbox(&self, positions: &[OutboxPosition]) -> Result<(), StoreError> {
        self.measure(StoreOperation::DeleteFromOutbox, self.store.delete_from_outbox(positions)).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.measure(StoreOperation::Backlog, self.store.backlog()).await
    }
}

#[async_trait]
impl<S: StoreClock + ?Sized> StoreClock for MeteredStore<S> {
    async fn time(&self) -> Result<UnixMillis, StoreError> {
        self.measure(StoreOperation::Time, self.store.time()).await
    }
}

#[async_trait]
impl<S: StoreHealth + ?Sized> StoreHealth for MeteredStore<S> {
    fn engine(&self) -> &'static str {
        self.store.engine()
    }

    async fn probe_write(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.measure(StoreOperation::ProbeWrite, self.store.probe_write(now)).await
    }

    fn setting_problems(&self) -> Vec<SettingProblem> {
        self.store.setting_problems()
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

/// Measures deleting, sweeping and counting as the equivalent operations of [`Outbox`] and [`SessionStore`]. Heartbeats, claims and
/// inspections are not measured.
#[async_trait]
impl<S: BackgroundStore + ?Sized> BackgroundStore for MeteredStore<S> {
    async fn heartbeat(&self, node: NodeId, report: &NodeReport) -> Result<HeartbeatResponse, StoreError> {
        self.store.heartbeat(node, report).await
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.store.leave(node).await
    }

    async fn claim(&self, node: NodeId, buckets: BucketSet) -> Result<Vec<BucketClaim>, StoreError> {
        self.store.claim(node, buckets).await
    }

    async fn inspect(&self, buckets: BucketSet, now: UnixMillis) -> Result<Vec<BucketStatus>, StoreError> {
        self.store.inspect(buckets, now).await
    }

    async fn outbox_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError> {
        self.measure(StoreOperation::Backlog, self.store.outbox_lengths(buckets)).await
    }

    async fn findings_lengths(&self, buckets: BucketSet) -> Result<Vec<QueueLength>, StoreError> {
        self.store.findings_lengths(buckets).await
    }

    async fn delete_relayed(
        &self,
        positions: &[OutboxPosition],
        claims: &BucketClaims,
    ) -> Result<OutboxDeletion, StoreError> {
        self.measure(StoreOperation::DeleteFromOutbox, self.store.delete_relayed(positions, claims)).await
    }

    async fn sweep_claimed(
        &self,
        claim: BucketClaim,
        now: UnixMillis,
        limit: usize,
    ) -> Result<SweepOutcome, StoreError> {
        self.measure(StoreOperation::Sweep, self.store.sweep_claimed(claim, now, limit)).await
    }

    async fn forward_claimed(
        &self,
        claim: BucketClaim,
        limit: usize,
        retention: AlertRetention,
    ) -> Result<ForwardOutcome, StoreError> {
        self.store.forward_claimed(claim, limit, retention).await
    }

    async fn subscribe_notifications(&self, node: NodeId) -> Result<NotificationStream, StoreError> {
        self.store.subscribe_notifications(node).await
    }
}
