//! A store whose changes are forgotten here before they are answered.

use async_trait::async_trait;

use super::near::NearCache;
use crate::{
    domain::{Bucket, BucketSet, Ended, Owner, Session, SessionId, UnixMillis, UserHandle},
    store::{
        Acquaintance, Backlog, CreateOutcome, Creation, Loaded, MassRevocation, PendingEvent, Position, Revocation,
        RevokeTarget, Revoked, SessionStore, StoreError, Swept, Touch, Update, UpdateOutcome, UserForgetting,
        UserForgotten, UserRevocation,
    },
    sync::Arc,
};

/// Passes every verb on, and forgets what it may have changed: whatever became of it, also when nobody waits for its
/// end any more. So who is answered here never meets on this node what was before.
pub struct EvictingStore {
    store: Arc<dyn SessionStore>,
    near: Arc<NearCache>,
}

impl EvictingStore {
    pub fn new(store: Arc<dyn SessionStore>, near: Arc<NearCache>) -> Self {
        Self { store, near }
    }

    /// Forgets a user when it is dropped.
    fn forgets(&self, handle: UserHandle) -> impl Drop + '_ {
        OnDrop(move || self.near.forget(handle))
    }
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[async_trait]
impl SessionStore for EvictingStore {
    fn engine(&self) -> &'static str {
        self.store.engine()
    }

    async fn create(&self, creation: Creation) -> Result<CreateOutcome, StoreError> {
        let _forgets = self.forgets(creation.session.id.handle);
        self.store.create(creation).await
    }

    async fn acquaint(&self, owner: &Owner, handle: UserHandle, now: UnixMillis) -> Result<Acquaintance, StoreError> {
        self.store.acquaint(owner, handle, now).await
    }

    async fn load(&self, id: SessionId) -> Result<Loaded, StoreError> {
        self.store.load(id).await
    }

    /// What turns out to be gone is forgotten, too; what is there knows of its activity from then on.
    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let stored = self.store.touch(touches).await?;
        for (touch, stored) in touches.iter().zip(&stored) {
            match stored {
                Some(at) => self.near.was_active(touch.session_id, *at),
                None => self.near.forget(touch.session_id.handle),
            }
        }
        Ok(stored)
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

    async fn update(&self, update: Update) -> Result<UpdateOutcome, StoreError> {
        let _forgets = self.forgets(update.session.id.handle);
        self.store.update(update).await
    }

    async fn revoke(&self, revocation: Revocation) -> Result<Vec<Ended>, StoreError> {
        let _forgets = self.forgets(match revocation.target {
            RevokeTarget::Session(id) => id.handle,
            RevokeTarget::Device { handle, .. } => handle,
        });
        self.store.revoke(revocation).await
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<Revoked, StoreError> {
        let _forgets = self.forgets(revocation.handle);
        self.store.revoke_all(revocation).await
    }

    async fn forget(&self, forgetting: UserForgetting) -> Result<UserForgotten, StoreError> {
        let _forgets = self.forgets(forgetting.handle);
        self.store.forget(forgetting).await
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        let _forgets = OnDrop(|| self.near.announce_revocations());
        self.store.revoke_mass(revocation).await
    }

    /// Only what was over anyway is ended, so there is nothing to forget in time.
    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<Swept, StoreError> {
        let swept = self.store.sweep(bucket, now, limit).await?;
        for ended in &swept.ended {
            self.near.forget(ended.session_id.handle);
        }
        Ok(swept)
    }

    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError> {
        self.store.read_outbox(buckets, limit).await
    }

    async fn delete_from_outbox(&self, positions: &[Position]) -> Result<(), StoreError> {
        self.store.delete_from_outbox(positions).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.store.backlog().await
    }

    async fn time(&self) -> Result<UnixMillis, StoreError> {
        self.store.time().await
    }

    async fn probe_write(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.store.probe_write(now).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
