//! Invalidations of the embedded store. Every change is made by this process, which invalidates its cache before it
//! responds. There is no connection to follow, so no invalidation can be delayed or lost.

use std::{future::pending, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;

use super::{SqliteSessionStore, reads, remembered, transaction::EngineError};
use crate::{
    domain::{Bucket, SessionId},
    near_cache::source::{
        BucketDenylist, InvalidationListener, InvalidationSource, Lease, RevocationsSince, TrackedRead, TrackingStatus,
    },
    store::{StoreError, record::Generation},
    sync::Arc,
};

/// Interval of the clock checks. While the clock is wrong, nothing is served from the cache.
const CLOCK_CHECK_INTERVAL: Duration = Duration::from_millis(250);

impl SqliteSessionStore {
    async fn wait_until_clock_skewed(&self) {
        if self.fence.is_none() {
            pending::<()>().await;
        }
        while self.check_clock("checking the clock", None).is_ok() {
            sleep(CLOCK_CHECK_INTERVAL).await;
        }
    }
}

#[async_trait]
impl InvalidationSource for SqliteSessionStore {
    async fn run(&self, listener: Arc<dyn InvalidationListener>) {
        loop {
            if self.check_clock("checking the clock", None).is_ok() {
                let lease = Arc::new(Lease::new_permanent());
                for bucket in Bucket::all() {
                    listener.attach(bucket, &lease);
                }
                self.wait_until_clock_skewed().await;
                lease.end();
                for bucket in Bucket::all() {
                    listener.detach(bucket, &lease);
                }
            }
            sleep(CLOCK_CHECK_INTERVAL).await;
        }
    }

    /// Reads the mass revocations once: all buckets share the generations of the file.
    async fn read_revocations(
        &self,
        _: &Lease,
        since: &[(Bucket, Generation)],
    ) -> Result<Vec<RevocationsSince>, StoreError> {
        let operation = "reading mass revocations";
        self.check_clock(operation, None)?;
        let mut connection = self.connection(operation).await?;
        let oldest = since.iter().map(|(_, generation)| *generation).min().unwrap_or_default();
        let scopes = remembered::scopes_revoked_after(&mut connection, oldest)
            .await
            .map_err(|error| error.into_store_error(operation))?;
        let latest = scopes.iter().map(|(_, generation)| *generation).max();
        let of_bucket = |(bucket, since): &(Bucket, Generation)| RevocationsSince {
            bucket: *bucket,
            latest: latest.unwrap_or(*since).max(*since),
            scopes: Some(scopes.iter().filter(|(_, generation)| generation > since).cloned().collect()),
        };
        Ok(since.iter().map(of_bucket).collect())
    }

    async fn read_denylist(&self, _: &Lease, bucket: Bucket) -> Result<BucketDenylist, StoreError> {
        self.load_denylist(bucket).await
    }

    async fn catch_up(&self, _: &Lease, _: Bucket) -> Result<(), StoreError> {
        Ok(())
    }

    async fn read_session(&self, _: &Lease, id: SessionId) -> Result<TrackedRead, StoreError> {
        let operation = "reading a session for the cache";
        self.check_clock(operation, None)?;
        let mut connection = self.connection(operation).await?;
        let read = async {
            let found = reads::load_session(&mut connection, id).await?;
            let latest = remembered::latest_generation(&mut connection).await?;
            let mut is_mass_revoked = false;
            if let Some((session, generation)) = &found
                && latest > *generation
            {
                let mass = remembered::latest_mass_revocation(&mut connection, &session.owner.tenant).await?;
                is_mass_revoked = mass.is_some_and(|mass| mass.applies_to(*generation));
            }
            let session = found.map(|(session, _)| session).filter(|_| !is_mass_revoked);
            Ok(TrackedRead { session, latest })
        };
        read.await.map_err(|error: EngineError| error.into_store_error(operation))
    }

    fn status(&self) -> Vec<TrackingStatus> {
        Vec::new()
    }
}
