//! The engine is this process's own: whoever changes something knows it at once, and tells whoever keeps a copy before
//! it answers. Nothing has to be followed, and nobody can fall silent.

use std::{future::pending, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;

use super::{SqliteSessionStore, generations, load};
use crate::{
    domain::{Bucket, SessionId},
    store::{
        ChangeListener, Lease, Raised, RevocationsSince, StoreError, TrackedRead, TrackedStore, TrackingStatus,
        record::Generation,
    },
    sync::Arc,
};

/// How often the clock is looked at: with one that is wrong, nothing is answered from memory.
const CLOCK_CHECK: Duration = Duration::from_millis(250);

impl SqliteSessionStore {
    async fn until_clock_is_skewed(&self) {
        if self.fence.is_none() {
            pending::<()>().await;
        }
        while self.check_clock("following changes", None).is_ok() {
            sleep(CLOCK_CHECK).await;
        }
    }
}

#[async_trait]
impl TrackedStore for SqliteSessionStore {
    async fn follow(&self, listener: Arc<dyn ChangeListener>) {
        loop {
            if self.check_clock("following changes", None).is_ok() {
                let lease = Arc::new(Lease::always());
                for bucket in Bucket::all() {
                    listener.attached(bucket, &lease);
                }
                self.until_clock_is_skewed().await;
                lease.end();
                for bucket in Bucket::all() {
                    listener.detached(bucket, &lease);
                }
            }
            sleep(CLOCK_CHECK).await;
        }
    }

    /// All buckets share the generations of the file.
    async fn read_revocations(
        &self,
        _: &Lease,
        since: &[(Bucket, Generation)],
    ) -> Result<Vec<RevocationsSince>, StoreError> {
        let verb = "reading mass revocations";
        self.check_clock(verb, None)?;
        let mut connection = self.connection(verb).await?;
        let oldest = since.iter().map(|(_, generation)| *generation).min().unwrap_or_default();
        let scopes = generations::after(&mut connection, oldest).await.map_err(|fault| fault.during(verb))?;
        let latest = scopes.iter().map(|(_, generation)| *generation).max();
        let of_bucket = |(bucket, since): &(Bucket, Generation)| RevocationsSince {
            bucket: *bucket,
            latest: latest.unwrap_or(*since).max(*since),
            scopes: Some(scopes.iter().filter(|(_, generation)| generation > since).cloned().collect()),
        };
        Ok(since.iter().map(of_bucket).collect())
    }

    async fn catch_up(&self, _: &Lease, _: Bucket) -> Result<(), StoreError> {
        Ok(())
    }

    async fn read(&self, _: &Lease, id: SessionId) -> Result<TrackedRead, StoreError> {
        let verb = "reading a session to keep it";
        self.check_clock(verb, None)?;
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
