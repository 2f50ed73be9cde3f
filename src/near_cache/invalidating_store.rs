//! A store that invalidates the sessions it changes before it acknowledges the change.

use async_trait::async_trait;

use super::memory::CacheMemory;
use crate::{
    domain::{Bucket, Owner, Session, SessionEnding, SessionId, UnixMillis, UserHandle},
    store::{
        AlertAnswer, AnswerOutcome, CreateOutcome, LoadOutcome, MassRevocation, PresentationOutcome, RevocationTarget,
        RevokedSessions, SeenClient, SessionCreation, SessionRevocation, SessionStore, SessionUpdate, SignInLookup,
        SignInState, StoreError, SweepOutcome, TokenPresentation, Touch, UpdateOutcome, UserErasure,
        UserErasureOutcome, UserRevocation, UserState,
    },
    sync::Arc,
};

/// A wrapper that forwards every request, and invalidates the users that it may have changed. It does so whatever the
/// outcome, even if the caller no longer waits for it. A caller that got a response therefore never gets the previous
/// state from this node.
pub(super) struct InvalidatingStore {
    store: Arc<dyn SessionStore>,
    memory: Arc<CacheMemory>,
}

impl InvalidatingStore {
    pub(super) fn new(store: Arc<dyn SessionStore>, memory: Arc<CacheMemory>) -> Self {
        Self { store, memory }
    }

    /// Returns a guard that invalidates a user when it is dropped.
    fn invalidate_on_drop(&self, handle: UserHandle) -> impl Drop + '_ {
        OnDrop(move || self.memory.invalidate_user(handle))
    }
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[async_trait]
impl SessionStore for InvalidatingStore {
    async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
        let _invalidation = self.invalidate_on_drop(creation.session.id.handle);
        self.store.create(creation).await
    }

    async fn load_user_state(
        &self,
        owner: &Owner,
        handle: UserHandle,
        now: UnixMillis,
    ) -> Result<UserState, StoreError> {
        self.store.load_user_state(owner, handle, now).await
    }

    async fn load_sign_in_state(&self, lookup: &SignInLookup<'_>) -> Result<SignInState, StoreError> {
        self.store.load_sign_in_state(lookup).await
    }

    async fn load(&self, id: SessionId) -> Result<LoadOutcome, StoreError> {
        self.store.load(id).await
    }

    /// Writes touches, and records the stored activity in the cache. A session that is gone is invalidated.
    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let stored = self.store.touch(touches).await?;
        for (touch, stored) in touches.iter().zip(&stored) {
            match stored {
                Some(at) => self.memory.record_activity(touch.session_id, *at),
                None => self.memory.invalidate_user(touch.session_id.handle),
            }
        }
        Ok(stored)
    }

    async fn put_last_seen(&self, clients: &[SeenClient]) -> Result<(), StoreError> {
        let _invalidations: Vec<_> =
            clients.iter().map(|seen| self.invalidate_on_drop(seen.session_id.handle)).collect();
        self.store.put_last_seen(clients).await
    }

    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError> {
        self.store.list(owner, handle, touches, now).await
    }

    async fn update(&self, update: SessionUpdate) -> Result<UpdateOutcome, StoreError> {
        let _invalidation = self.invalidate_on_drop(update.session.id.handle);
        self.store.update(update).await
    }

    async fn present_token(&self, presentation: TokenPresentation) -> Result<PresentationOutcome, StoreError> {
        let _invalidation = self.invalidate_on_drop(presentation.session_id.handle);
        self.store.present_token(presentation).await
    }

    async fn revoke(&self, revocation: SessionRevocation) -> Result<Vec<SessionEnding>, StoreError> {
        let _invalidation = self.invalidate_on_drop(match revocation.target {
            RevocationTarget::Session(id) => id.handle,
            RevocationTarget::Device { handle, .. } => handle,
        });
        self.store.revoke(revocation).await
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<RevokedSessions, StoreError> {
        let _invalidation = self.invalidate_on_drop(revocation.handle);
        self.store.revoke_all(revocation).await
    }

    async fn answer_alert(&self, answer: AlertAnswer) -> Result<AnswerOutcome, StoreError> {
        let _invalidation = self.invalidate_on_drop(answer.handle);
        self.store.answer_alert(answer).await
    }

    async fn forget_user(&self, forgetting: UserErasure) -> Result<UserErasureOutcome, StoreError> {
        let _invalidation = self.invalidate_on_drop(forgetting.handle);
        self.store.forget_user(forgetting).await
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        let _invalidation = OnDrop(|| self.memory.announce_revocations());
        self.store.revoke_mass(revocation).await
    }

    /// Sweeps a bucket, and invalidates the users afterwards. The order does not matter, because a sweep only ends
    /// sessions that are no longer valid.
    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<SweepOutcome, StoreError> {
        let swept = self.store.sweep(bucket, now, limit).await?;
        for ended in &swept.ended {
            self.memory.invalidate_user(ended.session_id.handle);
        }
        Ok(swept)
    }
}
