//! The session store, which keeps the active sessions.
//!
//! The contract has a trait for each kind of user: [`SessionStore`] for sessions, [`Denylist`] for JWTs,
//! [`FailureStore`] for failed authentications, [`Outbox`] for the relay of events to the audit, [`StoreHealth`] and
//! [`StoreClock`] for the node that monitors the engine. [`redis`] and [`sqlite`] implement all of them and, for the
//! near cache, [`crate::near_cache::source::InvalidationSource`]. One conformance suite (`tests/conformance`) runs on
//! both. [`record`] and [`outbox`] are the stored forms that they share.

pub mod alerts;
pub mod background;
pub mod binding;
pub mod checkpoint;
pub mod denylist;
pub mod error;
pub mod failures;
pub mod findings;
pub mod health;
pub mod outbox;
pub mod record;
pub mod redis;
pub mod requests;
mod rules;
pub mod server_settings;
pub mod sqlite;

use async_trait::async_trait;

#[cfg(doc)]
use crate::domain::EndReason;
use crate::domain::{Bucket, Owner, Session, SessionEnding, SessionId, UnixMillis, UserHandle};

pub use alerts::{
    AlertMessages, AlertPage, AlertPosition, AlertRetention, AlertStream, ForwardOutcome, MissingAlert,
    PendingFindings, StreamedAlert,
};
pub use background::{
    BackgroundStore, BucketAssignment, BucketClaim, BucketClaims, BucketStatus, ClusterView, HeartbeatResponse,
    LiveNode, MarkedOutboxes, NodeHealth, NodeId, NodeReport, NotificationStream, OutboxDeletion, QueueLength, Release,
    SharedWork, StoreNotification,
};
pub use binding::{BindingId, BindingState, BoundStore, StoreBinding, TokenKeyFingerprints};
pub use checkpoint::{AdvancedCheckpoint, CRASH_TOLERANCE, CheckpointResult, KnownCheckpoints};
pub use denylist::{DenialCounts, Denylist, JwtDenial};
pub use error::{BindingFault, StoreError};
pub use failures::{FailureFinding, FailureFindings, FailureReport, FailureStore, UserFindings};
pub use findings::{Finding, FindingEntry, FindingTrigger};
pub use health::{StoreClock, StoreHealth};
pub use outbox::{Backlog, Outbox, OutboxPosition, PendingEvent};
pub use requests::{
    AccessGuard, AlertAnswer, AnswerOutcome, CreateOutcome, HistoryUpdate, LoadOutcome, LoadedSession, MassRevocation,
    OperationKey, PresentationOutcome, RequestKey, ReuseEnding, RevocationTarget, RevokedSessions, SeenClient,
    SessionCreation, SessionRevocation, SessionUpdate, SignInLookup, SignInState, SweepOutcome, TokenPresentation,
    TokenReplacement, TokenRotation, Tombstone, Touch, UnfinishedRevocation, UpdateOutcome, UserErasure,
    UserErasureOutcome, UserRevocation, UserState,
};
pub use server_settings::{ServerSetting, SettingProblem};

/// The active sessions of all users, with one operation for each intent.
///
/// Every operation keeps these rules:
///
/// - **One atomic step.** An operation decides and writes in one step of the engine, on conditions that it checks
///   itself. No caller reads, decides and writes. Two calls at the same time have the effect of one after the other.
/// - **No change without its event.** A session that is created, changed or ended appends exactly one event to the
///   outbox in the same step, and nothing else does. One event stands for all sessions that a mass revocation ends:
///   those of its scope that were stored before its time.
/// - **The store's clock decides.** `now` is the caller's time. If the engine has a clock of its own, a step compares
///   the two. It refuses a caller that is too far off with [`StoreError::ClockSkewed`] before it writes anything, and
///   decides by its own clock. Tests state the time instead.
/// - **Liveness is arithmetic** on stored times and mass revocations
///   ([`crate::domain::SessionClock::liveness_after_revocation`]). A session that has ended but is not swept yet counts
///   as absent; an operation that finds one of the same user ends it with its own reason. A session of an earlier
///   generation has ended whatever any clock says. If it had timed out before the mass revocation, it keeps that
///   reason.
/// - **Nothing resurrects.** `touch` and `update` act only on a session that exists. A touch counts only if the session
///   had not ended by its clock when it was used.
/// - **Endings have a cause.** A revocation has its own cause, an eviction or replacement that of the login, and a
///   timeout the service itself.
/// - **Owners never mix.** An operation with an owner compares it with the owner that is stored under the handle, and
///   returns [`StoreError::HandleCollision`] if they differ.
/// - **Errors.** [`StoreError::is_ambiguous`] states whether the step may have been carried out. The store itself never
///   repeats a step.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Creates a session. The step writes the given touches, looks up the request ID, and checks the login floors. It
    /// replaces the sessions on the same device, if the caller named the device. Then it enforces the limit over the
    /// remaining sessions: it evicts the least recently active first (by ID among equals), and never the new session.
    /// Any outcome but [`CreateOutcome::Created`] changes nothing.
    ///
    /// A history is written only if its expected version is the stored one, which is checked last. A finding whose
    /// [`FindingTrigger`] is met is appended to the outbox of findings and returned as an alert. If an alert with its
    /// key was raised for the user less than its `dedup_window` ago, the finding is only counted, and the next alert
    /// includes the count. At most 16 recent keys of a user are remembered.
    async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError>;

    /// Returns the user state: the login history and the active sessions of a user. Changes nothing. A history or a
    /// record that cannot be decoded is logged and left out.
    async fn load_user_state(
        &self,
        owner: &Owner,
        handle: UserHandle,
        now: UnixMillis,
    ) -> Result<UserState, StoreError>;

    /// Returns all that is known before a sign-in: the user state, as [`SessionStore::load_user_state`] does, and the
    /// failures of the user and of the network. They are read at the same time, not in one step. In a Redis Cluster, the
    /// failures of the network may be on another server, so they may be missing alone. [`SessionStore::create`] checks
    /// the clock of the caller and the store itself, so this read need not.
    async fn load_sign_in_state(&self, lookup: &SignInLookup<'_>) -> Result<SignInState, StoreError>;

    /// Reads a session, or its tombstone. The read is authoritative: if it starts after a change was acknowledged, it
    /// sees the change. The caller computes the liveness.
    async fn load(&self, id: SessionId) -> Result<LoadOutcome, StoreError>;

    /// Moves the last activity of sessions forward, never back. Returns the last activity that is now stored, in the
    /// order given. The entry is `None` if the session does not exist, or had ended by the time of the touch.
    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError>;

    /// Stores the clients that were seen last with sessions, next to their records. A session that does not exist is
    /// left out. Like a touch, this is no change of a session: it has no event, and the revision stays.
    async fn put_last_seen(&self, clients: &[SeenClient]) -> Result<(), StoreError>;

    /// Returns the active sessions of a user, most recently active first. The given touches are written first.
    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError>;

    /// Replaces the record of an active session, if it still has the expected revision.
    async fn update(&self, update: SessionUpdate) -> Result<UpdateOutcome, StoreError>;

    /// Decides what a presented token is to its session ([`crate::domain::rotation`]), and acts on it in the same step.
    ///
    /// - The current token: it is stored that it was presented. If it is to be rotated, the successor takes its place,
    ///   which counts as activity.
    /// - The previous token: it is rotated to the current one if that is its successor, as often as asked, within its
    ///   grace period and until the current one is presented. Nothing is written.
    /// - A token that was rotated out: the session ends as [`EndReason::TokenReused`], and the alert is raised.
    ///
    /// Any other token changes nothing.
    async fn present_token(&self, presentation: TokenPresentation) -> Result<PresentationOutcome, StoreError>;

    /// Ends one session, or those of one user on one device. Sessions that the guard does not admit do not exist for
    /// this call. Returns the sessions that this call ended; none if nothing matched.
    async fn revoke(&self, revocation: SessionRevocation) -> Result<Vec<SessionEnding>, StoreError>;

    /// Ends every session of a user but one, and refuses logins that were authenticated before `now`. A repeat of a
    /// known operation changes nothing and returns the first outcome.
    async fn revoke_all(&self, revocation: UserRevocation) -> Result<RevokedSessions, StoreError>;

    /// Records the answer to an alert about a user, with its event, and raises the alert that says so. Writes the history
    /// with it.
    ///
    /// If it was not the user, the session of the alert ends as [`EndReason::Revoked`], or all sessions of the user as
    /// with [`SessionStore::revoke_all`], and alerts about the user that would count as repeats are raised again.
    ///
    /// The latest [`limits::MAX_ANSWERS_PER_USER`] answers of a user are remembered for [`limits::ANSWER_RETENTION`]. A
    /// repeat changes nothing, and another answer is refused. One may be added: that all sessions of the user end, too.
    ///
    /// [`limits::MAX_ANSWERS_PER_USER`]: crate::domain::limits::MAX_ANSWERS_PER_USER
    /// [`limits::ANSWER_RETENTION`]: crate::domain::limits::ANSWER_RETENTION
    async fn answer_alert(&self, answer: AlertAnswer) -> Result<AnswerOutcome, StoreError>;

    /// Ends every session of a user as [`SessionStore::revoke_all`] does, and removes all other data of the user:
    /// tombstones, request and operation keys, the login history, and the dedup keys of recent alerts. Only the login
    /// floor stays.
    ///
    /// One event that names the tenant and not the user records the erasure. It is appended even if nothing was found,
    /// because the user may be known elsewhere. Events on their way to the audit and findings stay where they are. A
    /// session that is created afterwards has a later time than the one that this call returns.
    async fn forget_user(&self, forgetting: UserErasure) -> Result<UserErasureOutcome, StoreError>;

    /// Ends all sessions of a tenant or of everyone, at a cost that does not depend on their number. From this step on
    /// they have ended for every operation, and [`SessionStore::sweep`] removes them. One event records the revocation,
    /// and the end of every session of the scope that was stored before the event's time. That time is later than the
    /// time of any earlier mass revocation of the scope.
    ///
    /// If a bucket could not be reached, the call returns [`StoreError::PartiallyApplied`]; sweeps of the scope's home
    /// bucket complete the revocation, as does a repeat. A repeat of an operation that was carried out within a day
    /// changes nothing.
    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError>;

    /// Ends the sessions of the bucket whose time is up, each with its own reason and time, for at most `limit` users.
    /// A user whose sessions cannot be decoded is logged and postponed for an hour, so that the others do not wait. A
    /// session that the event of a mass revocation covers gets no event of its own. If that is not certain, it gets
    /// one, with the same ID and time. With a `limit` of 0, a sweep only continues mass revocations that have not
    /// reached every bucket.
    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<SweepOutcome, StoreError>;
}

/// The whole contract of an engine whose sessions, denylist, failures, outbox and clock belong together.
pub trait SessionEngine: SessionStore + Denylist + FailureStore + Outbox + StoreHealth {}

impl<E: SessionStore + Denylist + FailureStore + Outbox + StoreHealth> SessionEngine for E {}
