//! Reads whose later changes are told: what a cache of sessions rests on.
//!
//! What was read stays true until a change of it is told, or until whoever tells falls silent. The second is
//! what a [`Lease`] is for: it says up to when everything that had happened had been told. A cache answers from
//! memory only under a lease that is young enough, so that no silence, whatever its cause, keeps an ended
//! session alive.

use async_trait::async_trait;

use super::{SettingProblem, StoreError, lease::Lease, record::Generation};
use crate::{
    domain::{Bucket, Session, SessionId, UserHandle, event::RevocationScope},
    sync::Arc,
};

/// A store that tells of changes to what was read from it.
///
/// - Every bucket is attached to at most one [`Lease`] at a time. What is read under a lease is told of under it:
///   a change that the store carries out after such a read is told before any later answer under the same lease
///   is handed out, and before the lease is renewed as of a later time.
/// - When a bucket is detached, nothing that was read of it is told of any more.
#[async_trait]
pub trait InvalidationSource: Send + Sync {
    /// Tells `listener` of changes for as long as it is polled. Whatever breaks on the way is detached, and
    /// attached again when it works. One listener at a time.
    async fn run(&self, listener: Arc<dyn InvalidationListener>);

    /// Reads a session under `lease`, which its bucket is attached to. An error where that is not so any more.
    async fn read_session(&self, lease: &Lease, id: SessionId) -> Result<TrackedRead, StoreError>;

    /// Reads the mass revocations of buckets under `lease`, of each those after a generation. A bucket that is not attached to
    /// the lease any more, or could not be read, is left out. Later revocations of the others are told of.
    async fn read_revocations(
        &self,
        lease: &Lease,
        since: &[(Bucket, Generation)],
    ) -> Result<Vec<RevocationsSince>, StoreError>;

    /// Answers when everything that had happened in the bucket when this was called has been told under `lease`. An error
    /// where that cannot be said.
    async fn catch_up(&self, lease: &Lease, bucket: Bucket) -> Result<(), StoreError>;

    /// How it stands with each server that is followed; empty where there is no server.
    fn status(&self) -> Vec<TrackingStatus>;

    /// Returns what is wrong with the settings of the servers, as they were last read; empty where there is no server.
    fn setting_problems(&self) -> Vec<SettingProblem> {
        Vec::new()
    }
}

/// Whether a server tells of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingStatus {
    /// `host:port`.
    pub server: String,
    /// Why it does not, for an operator; `None`: it does.
    pub tracking_error: Option<String>,
}

/// What was read of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedRead {
    /// The session, and the generation that it was made in. `None`: it is not there; what became of it,
    /// [`super::SessionStore::load`] tells. Its activity may be older than what is stored by now, and is not told of.
    pub found: Option<(Session, Generation)>,
    /// The mass revocations of its bucket.
    pub generations: RevocationGenerations,
}

/// How far mass revocations have raised the generation of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RevocationGenerations {
    /// By any of them.
    pub latest: Generation,
    /// By those that concern the tenant of the session read. `None`: not looked at, as the session was made in the
    /// latest.
    pub for_tenant: Option<Generation>,
}

/// The mass revocations of a bucket after a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationsSince {
    pub bucket: Bucket,
    /// The latest generation of the bucket.
    pub latest: Generation,
    /// Each scope that was revoked, with the generation that this raised the bucket to. `None`: the store does not list all
    /// of them any more.
    pub scopes: Option<Vec<(RevocationScope, Generation)>>,
}

/// Is told what changed. It returns at once, and when it returns, nothing that was read before is used any more.
pub trait InvalidationListener: Send + Sync {
    /// Changes of this bucket are told from here on, under this lease.
    fn attach(&self, bucket: Bucket, lease: &Arc<Lease>);

    /// Changes of this bucket are told no longer; nothing happens where it is attached to another lease by now.
    fn detach(&self, bucket: Bucket, lease: &Arc<Lease>);

    fn invalidate(&self, change: Invalidation);
}

/// What changed, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidation {
    /// The sessions of a user.
    User(UserHandle),
    /// A mass revocation of a bucket.
    Generations(Bucket),
    /// Anything in a bucket.
    Bucket(Bucket),
}
