//! Changes as Redis tells them: `CLIENT TRACKING`.

use std::future::pending;

use async_trait::async_trait;

use super::{RedisSessionStore, router::nobody};
use crate::{
    domain::SessionId,
    store::{ChangeListener, Lease, StoreError, TrackedRead, TrackedStore},
    sync::Arc,
};

#[async_trait]
impl TrackedStore for RedisSessionStore {
    async fn follow(&self, _: Arc<dyn ChangeListener>) {
        pending::<()>().await;
    }

    async fn read(&self, _: &Lease, _: SessionId) -> Result<TrackedRead, StoreError> {
        Err(nobody("reading a session to keep it", "changes are not told"))
    }
}
