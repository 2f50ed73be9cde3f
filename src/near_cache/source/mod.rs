//! The source of invalidations: the only part of the near cache that the engines know.
//!
//! Data that was read stays valid until it is invalidated, or until the source of invalidations falls silent. A
//! [`Lease`] covers the second case: it states the time up to which every invalidation has been delivered. A cache
//! serves sessions only under a lease that is fresh enough, so no silence, whatever its cause, keeps an ended session
//! alive.

mod denylist;
mod lease;

use async_trait::async_trait;

use crate::{
    domain::{Bucket, Session, SessionId, UserHandle, event::RevocationScope},
    store::{StoreError, record::Generation},
    sync::Arc,
};

pub use denylist::BucketDenylist;
pub use lease::{Lease, LeaseProof};

/// A store that delivers invalidations of the data that was read from it.
///
/// - Every bucket is attached to at most one [`Lease`] at a time. Invalidations of data that was read under a lease are
///   delivered under it. If the store changes the data after such a read, it delivers the invalidation before it
///   returns any later response under the same lease, and before it renews the lease as of a later time.
/// - When a bucket is detached, invalidations of data that was read from it are no longer delivered.
#[async_trait]
pub trait InvalidationSource: Send + Sync {
    /// Delivers invalidations to `listener` for as long as it is polled. A bucket that can no longer be tracked is
    /// detached, and attached again when it can. There is one listener at a time.
    async fn run(&self, listener: Arc<dyn InvalidationListener>);

    /// Reads a session under `lease`, to which its bucket is attached. Fails if the bucket is no longer attached to it.
    async fn read_session(&self, lease: &Lease, id: SessionId) -> Result<TrackedRead, StoreError>;

    /// Reads the mass revocations of buckets under `lease`, for each bucket those after a generation. A bucket that is
    /// no longer attached to the lease, or could not be read, is left out. Later revocations of the others are
    /// delivered as invalidations.
    async fn read_revocations(
        &self,
        lease: &Lease,
        since: &[(Bucket, Generation)],
    ) -> Result<Vec<RevocationsSince>, StoreError>;

    /// Reads the denied JWT IDs of a bucket under `lease`, to which it is attached. Fails if the bucket is no longer
    /// attached to it.
    async fn read_denylist(&self, lease: &Lease, bucket: Bucket) -> Result<BucketDenylist, StoreError>;

    /// Returns when every invalidation of the bucket up to the call has been delivered under `lease`. Fails if that
    /// cannot be proven.
    async fn catch_up(&self, lease: &Lease, bucket: Bucket) -> Result<(), StoreError>;

    /// Returns the tracking status of each server; empty if there is no server.
    fn status(&self) -> Vec<TrackingStatus>;
}

/// The state of invalidation tracking on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingStatus {
    /// `host:port`.
    pub server: String,
    /// The reason why the server is not tracked, for an operator; `None` if it is tracked.
    pub tracking_error: Option<String>,
}

/// A tracked read of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedRead {
    /// The session. `None` if it is not stored, or if a mass revocation has ended it;
    /// [`crate::store::SessionStore::load`] states which. Its last activity may be older than the stored one, because
    /// activity causes no invalidation.
    pub session: Option<Session>,
    /// The latest generation of its bucket: the one up to which no mass revocation has ended the session.
    pub latest: Generation,
}

/// The mass revocations of a bucket after a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationsSince {
    pub bucket: Bucket,
    /// The latest generation of the bucket.
    pub latest: Generation,
    /// The scopes that were revoked, each with the generation to which this raised the bucket. `None` if the store no
    /// longer lists all of them.
    pub scopes: Option<Vec<(RevocationScope, Generation)>>,
}

/// A receiver of invalidations. Its methods return at once. When they return, invalidated data that was read before is
/// no longer used.
pub trait InvalidationListener: Send + Sync {
    /// Attaches a bucket: from here on its invalidations are delivered under this lease.
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>);

    /// Detaches a bucket: its invalidations are no longer delivered. Has no effect if the bucket is attached to another
    /// lease by now.
    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>);

    fn invalidate(&self, change: Invalidation);
}

/// An invalidation: cached data that may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidation {
    /// The sessions of a user.
    User(UserHandle),
    /// A mass revocation of a bucket.
    Generations(Bucket),
    /// The denied JWT IDs of a bucket.
    Denylist(Bucket),
    /// The whole bucket.
    Bucket(Bucket),
}
