//! Where live sessions are kept.
//!
//! [`SessionStore`] is the contract. [`redis`] and [`sqlite`] keep it, and one conformance suite
//! (`tests/conformance`) runs over both. [`record`] and [`outbox`] are the stored forms they share.

pub mod alerts;
pub mod background;
pub mod binding;
pub mod checkpoint;
pub mod error;
pub mod findings;
pub mod invalidation;
pub mod lease;
pub mod outbox;
pub mod record;
pub mod redis;
pub mod requests;
pub mod server_settings;
pub mod sqlite;

use async_trait::async_trait;

use crate::domain::{Bucket, BucketSet, Owner, Session, SessionEnding, SessionId, UnixMillis, UserHandle};

pub use alerts::{
    AlertMessages, AlertPage, AlertPosition, AlertRetention, AlertStream, ForwardOutcome, MissingAlert,
    PendingFindings, StreamedAlert,
};
pub use background::{
    BackgroundStore, BucketAssignment, BucketClaim, BucketClaims, BucketStatus, ClusterView, HeartbeatResponse,
    LiveNode, MarkedOutboxes, NodeId, NodeReport, NotificationStream, OutboxDeletion, QueueLength, SharedWork,
    StoreNotification,
};
pub use binding::{BindingFault, BindingId, BindingState, BoundStore, StoreBinding, TokenKeyFingerprints};
pub use checkpoint::{AdvancedCheckpoint, CRASH_TOLERANCE, CheckpointResult, KnownCheckpoints};
pub use error::StoreError;
pub use findings::{Finding, FindingEntry, FindingTrigger};
pub use invalidation::{
    Invalidation, InvalidationListener, InvalidationSource, RevocationGenerations, RevocationsSince, TrackedRead,
    TrackingStatus,
};
pub use lease::{Lease, LeaseProof};
pub use outbox::{Backlog, OutboxPosition, PendingEvent};
pub use requests::{
    AccessGuard, CreateOutcome, HistoryUpdate, LoadOutcome, LoadedSession, MassRevocation, OperationKey, RequestKey,
    RevocationTarget, RevokedSessions, SessionCreation, SessionRevocation, SessionUpdate, SweepOutcome, Tombstone,
    Touch, UnfinishedRevocation, UpdateOutcome, UserErasure, UserErasureOutcome, UserRevocation, UserState,
};
pub use server_settings::{ServerSetting, SettingProblem};

/// The live sessions of everyone, with a verb for each intent.
///
/// What holds for every verb:
///
/// - **One atomic step.** A verb decides and writes in one step of the engine, on conditions that it
///   checks itself. No caller reads, decides and writes; two calls at the same time leave what one
///   after the other would.
/// - **No change without its event.** A session made, changed or ended appends exactly one event to
///   the outbox in the same step, and nothing else does. One event stands for all sessions that a mass revocation ends:
///   those of its scope that were stored before its time.
/// - **The store's clock decides.** `now` is the caller's. Where the engine has a clock of its own, a step
///   compares the two, refuses a caller that is too far off with [`StoreError::ClockSkewed`] before it
///   writes anything, and decides by its own. Tests state the time instead.
/// - **Liveness is arithmetic** on stored times and mass revocations
///   ([`crate::domain::SessionClock::liveness_after_revocation`]). A session that is over but not swept yet is
///   treated as if it were gone; a verb that comes across one of the same user ends it with its own
///   reason. A session of an earlier generation is over whatever any clock says; one that had timed out
///   before the mass revocation keeps that reason.
/// - **Nothing resurrects.** `touch` and `update` act only on a session that exists, and a touch counts
///   only if the session was not over by its clock when it was used.
/// - **Endings have a cause.** A revocation's is its own, an eviction's or replacement's that of the
///   login, a timeout's is the service itself.
/// - **Owners never mix.** A verb that is given an owner compares it with what is stored under the
///   handle and answers [`StoreError::HandleCollision`] when they differ.
/// - **Errors.** [`StoreError::is_ambiguous`] tells whether the step may have been carried out. The
///   store itself never repeats one.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The name of the engine, for logs and metrics.
    fn engine(&self) -> &'static str;

    /// Makes a session: first its request id is looked up, then the revocation floors; the sessions on
    /// the same named device are replaced; then the limit is enforced over those that remain, least
    /// recently active first (by id among equals); the new session is never a victim. Touches
    /// given are written first. Anything but [`CreateOutcome::Created`] changes nothing.
    ///
    /// A history is written only where its expected version is the stored one, which is looked at last.
    /// Each finding whose [`FindingTrigger`] came true is appended to the outbox of findings and answered as an
    /// alert, unless one with its key was raised for the user less than its `quiet_for` ago: then it is
    /// counted, for the next one to tell. The keys that raised lately, at most 16 of a user, are known.
    async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError>;

    /// What is known of a user: the history of their logins, and their live sessions. Changes nothing.
    /// A history or a record that cannot be read is logged and left out.
    async fn load_user_state(
        &self,
        owner: &Owner,
        handle: UserHandle,
        now: UnixMillis,
    ) -> Result<UserState, StoreError>;

    /// Reads a session, or what is remembered of its end. An authoritative read: one that starts after
    /// a change was answered sees it. Liveness is the caller's to compute.
    async fn load(&self, id: SessionId) -> Result<LoadOutcome, StoreError>;

    /// Moves the last activity of sessions forward, never back. Answers in the order given, with the
    /// last activity now stored, or `None` where there is no such session or was none any more then.
    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError>;

    /// The live sessions of a user, most recently active first. Touches given are written first.
    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError>;

    /// Puts another record in place of a live session's, if it is still at the expected revision.
    async fn update(&self, update: SessionUpdate) -> Result<UpdateOutcome, StoreError>;

    /// Ends one session, or those of one user on one device. What the guard does not allow is not
    /// there. Answers the sessions this call ended, none when nothing matched.
    async fn revoke(&self, revocation: SessionRevocation) -> Result<Vec<SessionEnding>, StoreError>;

    /// Ends every session of a user but one, and refuses logins that were proven before `now`. With an
    /// operation known already, nothing happens and the first outcome is answered.
    async fn revoke_all(&self, revocation: UserRevocation) -> Result<RevokedSessions, StoreError>;

    /// Ends every session of a user as [`SessionStore::revoke_all`] does, and removes what else is kept of the user:
    /// what is remembered of ended sessions, requests and operations, the history of the logins, and what raised
    /// alerts lately. Of all that only the floor under logins stays. One event that names the tenant and not the user
    /// tells of it, also where nothing was found: others may know of the user. Events on their way to the audit and
    /// findings are left where they are. A session that is made after it is made later than the time it returns.
    async fn forget_user(&self, forgetting: UserErasure) -> Result<UserErasureOutcome, StoreError>;

    /// Signs a tenant or everyone out, at a cost that does not depend on the number of sessions: they are over from here
    /// on for every verb, and [`SessionStore::sweep`] removes them. One event tells of it, and of the ending of every
    /// session of the scope that was stored before the event's time, which is later than that of any earlier mass
    /// revocation of the scope. When a bucket could not be reached the answer is [`StoreError::PartiallyApplied`]; sweeps of the
    /// scope's home bucket finish it, as does a repetition. Repeating an operation that was carried out within a day
    /// changes nothing.
    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError>;

    /// Ends sessions of the bucket that are over, each with its own reason and time, looking at no
    /// more than `limit` users. One whose sessions cannot be read is logged and put off for an hour,
    /// so that the others are not kept waiting. A session that the event of a mass revocation tells of gets none of its
    /// own; where that is not certain it does, with the same id and time. With a `limit` of 0 it only carries on with
    /// mass revocations that have not reached every bucket.
    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<SweepOutcome, StoreError>;

    /// Oldest events first within each of the buckets, at most `limit` of a bucket.
    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError>;

    /// Removes exactly these events. Those already gone are passed over.
    async fn delete_from_outbox(&self, positions: &[OutboxPosition]) -> Result<(), StoreError>;

    /// How much waits in the outbox.
    async fn backlog(&self) -> Result<Backlog, StoreError>;

    /// The store's own clock at the moment of the answer, as exactly as half a round trip, for comparing with this
    /// node's. An answer says too that the engine serves: of several servers, most.
    async fn time(&self) -> Result<UnixMillis, StoreError>;

    /// Writes something small that means nothing, to every server that changes are written to. An error says that the
    /// engine takes no changes now, although it may read: too few replicas, a full disk, no memory.
    async fn probe_write(&self, now: UnixMillis) -> Result<(), StoreError>;

    /// Finishes what is under way and lets go of the engine. Nothing is asked for afterwards.
    async fn close(&self);
}
