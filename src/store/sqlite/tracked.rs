//! The engine is this process's own: whoever changes something knows it at once, and tells whoever keeps a copy before
//! it answers. Nothing has to be followed, and nobody can fall silent.

use std::future::pending;

use async_trait::async_trait;

use super::{SqliteSessionStore, generations, load};
use crate::{
    domain::{Bucket, SessionId},
    store::{ChangeListener, Lease, Raised, StoreError, TrackedRead, TrackedStore, TrackingStatus},
    sync::Arc,
};

#[async_trait]
impl TrackedStore for SqliteSessionStore {
    async fn follow(&self, listener: Arc<dyn ChangeListener>) {
        let lease = Arc::new(Lease::always());
        for bucket in Bucket::all() {
            listener.attached(bucket, &lease);
        }
        pending::<()>().await;
    }

    async fn catch_up(&self, _: &Lease, _: Bucket) -> Result<(), StoreError> {
        Ok(())
    }

    async fn read(&self, _: &Lease, id: SessionId) -> Result<TrackedRead, StoreError> {
        let verb = "reading a session to keep it";
        let mut connection = self.connection(verb).await?;
        let read = async {
            let found = load::session(&mut connection, id).await?;
            let latest = generations::latest(&mut connection).await?;
            let mut raised = Raised { latest, concerning: None };
            if let Some((session, generation)) = &found
                && latest > *generation
            {
                let concerning = generations::concerning(&mut connection, &session.owner.tenant).await?;
                raised.concerning = Some(concerning.map_or(0, |mass| mass.generation));
            }
            Ok(TrackedRead { found, raised })
        };
        read.await.map_err(|fault: super::fault::Fault| fault.during(verb))
    }

    fn status(&self) -> Vec<TrackingStatus> {
        Vec::new()
    }
}
