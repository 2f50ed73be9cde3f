//! Requests and outcomes of the operations of a store.

use std::time::Duration;

use super::{error::StoreError, findings::Finding};
use crate::domain::{
    Alert, Cause, EndReason, EventId, FormerClient, LastSeenClient, LimitAction, LoginHistory, Owner, PresentedToken,
    Record, Rotation, RotationRules, SecretHash, Session, SessionClock, SessionEnding, SessionId, TenantId, UnixMillis,
    UserHandle, UserId,
    alert::{AcknowledgedAlert, AlertVerdict},
    device::DeviceTag,
    event::RevocationScope,
    failures::FailureRecord,
};

/// A use of a session, at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    pub session_id: SessionId,
    pub at: UnixMillis,
}

/// The client that was seen last with a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenClient {
    pub session_id: SessionId,
    pub client: LastSeenClient,
}

/// A session to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionCreation {
    pub now: UnixMillis,
    pub session: Session,
    /// The maximum number of active sessions of the user, this one included.
    pub limit: u16,
    pub on_limit: LimitAction,
    /// The latest time at which the user may have authenticated. It must be after the login floors of the user, the
    /// tenant and everyone. A time in the future counts as now. `None` stands for the moment of this step.
    pub authenticated_at: Option<UnixMillis>,
    pub request: Option<RequestKey>,
    /// Activity of the user's sessions that is not written yet.
    pub touches: Vec<Touch>,
    pub cause: Cause,
    /// The findings of the login; of more than [`limits::MAX_FINDINGS_PER_LOGIN`], the first.
    ///
    /// [`limits::MAX_FINDINGS_PER_LOGIN`]: crate::domain::limits::MAX_FINDINGS_PER_LOGIN
    pub findings: Vec<Finding>,
    /// `None` if the login is not remembered.
    pub history: Option<HistoryUpdate>,
}

impl SessionCreation {
    /// Returns whether the login was authenticated after `floor`. A floor or a stated time in the future counts as now.
    #[must_use]
    pub fn is_authenticated_after(&self, floor: UnixMillis) -> bool {
        self.authenticated_at.is_none_or(|at| at.min(self.now) > floor.min(self.now))
    }
}

/// A login history to be stored, with the new login in it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryUpdate {
    pub history: LoginHistory,
    /// The version on which it is based. `None` overwrites any stored version.
    pub expected_version: Option<u64>,
    pub keep_for: Duration,
}

/// The user state, loaded before a login is evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserState {
    /// The version of the history; 0 if none is stored.
    pub version: u64,
    pub history: LoginHistory,
    /// The active sessions, most recently active first.
    pub live_sessions: Vec<Session>,
}

/// The user and the network of a sign-in, of which the state is read.
#[derive(Clone, Copy, Debug)]
pub struct SignInLookup<'a> {
    pub owner: &'a Owner,
    pub handle: UserHandle,
    /// `None`: the address is not known.
    pub network: Option<UserHandle>,
    pub now: UnixMillis,
}

/// The state before a sign-in.
#[derive(Debug)]
pub struct SignInState {
    pub user: UserState,
    pub user_failures: FailureRecord,
    /// Empty if the network is not known.
    pub network_failures: Result<FailureRecord, StoreError>,
}

/// The data by which a repeated Create is recognised and its response can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Digest of the request ID.
    pub id: [u8; 16],
    /// Digest of the request's body.
    pub body: [u8; 16],
    /// Random bytes, from which the session's secret is derived together with other data.
    pub nonce: [u8; 16],
    /// The ID of the token key that signs the session's token.
    pub key_id: u8,
}

/// The outcome of a [`SessionCreation`].
#[derive(Clone, Debug, PartialEq)]
pub enum CreateOutcome {
    Created {
        session: Box<Session>,
        /// The sessions that gave way to it: first the replaced, then the evicted ones, least recently active first.
        /// Sessions that were already over and were ended in the same step may be among them.
        ended: Vec<SessionEnding>,
        /// The alerts that the findings raised, as the stream will deliver them.
        alerts: Vec<Alert>,
    },
    /// The history of the user does not have the expected version. This is the creation, for another attempt.
    HistoryConflict(Box<SessionCreation>),
    /// The same request created this session before, and the session is active.
    Repeated { session: Box<Session>, request: RequestKey },
    /// The same request created a session that has ended since.
    RepeatedEnded,
    /// The request ID belongs to another body.
    RequestIdReused,
    /// The policy refuses another session.
    LimitReached { live: u32 },
    /// The sessions of the user, the tenant or everyone were revoked at `floor`, and the login was not authenticated
    /// after that.
    AuthenticatedBeforeRevocation { floor: UnixMillis },
}

/// The outcome of [`SessionStore::load`](super::SessionStore::load).
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once, and an ended session is read seldom")]
pub enum LoadOutcome {
    Found(Box<LoadedSession>),
    /// The session ended within the last 24 hours. An older tombstone may still be stored.
    Ended(Tombstone),
    NotFound,
}

/// A stored session. It may have ended, by its clock or by a mass revocation.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedSession {
    pub session: Session,
    /// The time and the cause of a revocation of its tenant or of everyone after it was created; the latest of several.
    pub mass_revoked: Option<(UnixMillis, Cause)>,
}

/// A tombstone: the stored remainder of an ended session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The tenant. A caller of other tenants must learn none of the other fields.
    pub tenant: TenantId,
    pub reason: EndReason,
    pub at: UnixMillis,
    pub secret: SecretHash,
    pub cause: Cause,
    /// The last client of the session. `None` if it is unknown, if a mass revocation ended the session, or if an earlier
    /// release did.
    pub former_client: Option<Box<FormerClient>>,
}

/// A new record for a session.
#[derive(Clone, Debug)]
pub struct SessionUpdate {
    pub now: UnixMillis,
    /// The session with its new record, its revision already incremented. The clock is not written, and neither are the
    /// secret and the rotation unless the token is replaced.
    pub session: Session,
    pub expected_revision: u32,
    /// Set if the session gets the secret and the rotation of the given record, too.
    pub new_token: Option<TokenReplacement>,
    pub cause: Cause,
}

/// The replacement of a token with an update. The update is a conflict if the stored rotation is not this one: the
/// current token has been presented since, which the new rotation depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenReplacement {
    pub before: Option<Rotation>,
}

/// The outcome of a [`SessionUpdate`].
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateOutcome {
    Updated,
    Conflict { current: u32 },
    NotFound,
}

/// A token that was presented for a session.
#[derive(Clone, Debug)]
pub struct TokenPresentation {
    pub now: UnixMillis,
    pub session_id: SessionId,
    pub token: PresentedToken,
    /// Set if the token is to be rotated.
    pub rotation: Option<TokenRotation>,
    /// The end of the session if the token was rotated out. `None`: it stays, and the outcome says so.
    pub on_reuse: Option<Box<ReuseEnding>>,
}

/// The rotation of a token that is the current one.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenRotation {
    pub successor: SecretHash,
    pub rules: RotationRules,
    pub cause: Cause,
}

/// The end of a session whose token was presented after it had been rotated out.
#[derive(Clone, Debug, PartialEq)]
pub struct ReuseEnding {
    pub alert: Alert,
    pub cause: Cause,
}

/// The outcome of a [`TokenPresentation`].
#[derive(Clone, Debug, PartialEq)]
pub enum PresentationOutcome {
    /// The token is the current one. It is stored that it was presented.
    Current,
    /// The token is the previous one, within its grace period.
    Accepted,
    /// The token was rotated, by this step or by an earlier one. The session has the successor as its current token.
    Rotated { record: Box<Record>, clock: SessionClock, is_new: bool },
    /// A newer token has replaced this one. Nothing was changed.
    Superseded,
    /// The token was rotated out. The session has ended in this step, with these alerts, if the presentation said so.
    Reused(Option<(SessionEnding, Vec<Alert>)>),
    /// The session has never had this token, as far as the store knows.
    Unknown,
    /// The session has ended, or never existed.
    NotFound,
}

/// A guard: the sessions that a caller may reach. Sessions outside do not exist for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessGuard {
    /// `None` stands for every tenant.
    pub tenants: Option<Vec<TenantId>>,
    /// `None` stands for every user.
    pub user: Option<UserId>,
    /// If set, the current secret of the session must be this one.
    pub secret: Option<SecretHash>,
}

impl AccessGuard {
    /// Returns whether a session of `owner` may be reached. The store compares the secret.
    #[must_use]
    pub fn admits(&self, owner: &Owner) -> bool {
        self.admits_tenant(&owner.tenant) && self.user.as_ref().is_none_or(|user| *user == owner.user)
    }

    /// Returns whether anything of a tenant may be reached.
    #[must_use]
    pub fn admits_tenant(&self, tenant: &TenantId) -> bool {
        self.tenants.as_ref().is_none_or(|tenants| tenants.contains(tenant))
    }
}

/// A revocation of one session, or of the sessions on one device.
#[derive(Clone, Debug)]
pub struct SessionRevocation {
    pub now: UnixMillis,
    pub target: RevocationTarget,
    pub guard: AccessGuard,
    /// True if somebody other than the user had signed in. The history then loses the values that it learned from these
    /// sessions, and alerts about the user are raised again.
    pub is_compromised: bool,
    /// The recorded end reason: [`EndReason::Revoked`] or [`EndReason::SignedOut`].
    pub reason: EndReason,
    pub cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationTarget {
    Session(SessionId),
    Device { handle: UserHandle, device: DeviceTag },
}

/// The key by which a repeat of an operation is recognised: a digest of the caller's `operation_id`.
pub type OperationKey = [u8; 16];

/// A revocation of all sessions of a user.
#[derive(Clone, Debug)]
pub struct UserRevocation {
    pub now: UnixMillis,
    pub owner: Owner,
    pub handle: UserHandle,
    pub except: Option<SessionId>,
    pub operation: OperationKey,
    /// True if somebody other than the user had signed in. The history then loses its unconfirmed logins, and alerts
    /// about the user are raised again.
    pub is_compromised: bool,
    /// The ID of the event that records the revocation as a whole.
    pub event: EventId,
    pub cause: Cause,
}

/// An answer to an alert about a user.
#[derive(Clone, Debug)]
pub struct AlertAnswer {
    pub now: UnixMillis,
    pub owner: Owner,
    pub handle: UserHandle,
    pub acknowledged: AcknowledgedAlert,
    /// The session of the alert, if it is about one. It ends unless the user recognised it.
    pub session: Option<SessionId>,
    /// The history with what the answer says about the user. It is written only if its expected version is the stored
    /// one.
    pub history: HistoryUpdate,
    /// The alert that is raised with the answer.
    pub alert: Alert,
    /// The ID of the event that records the revocation of all sessions of the user.
    pub revocation: EventId,
    pub cause: Cause,
}

/// The outcome of an [`AlertAnswer`].
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerOutcome {
    /// The answer is recorded. These sessions ended in this step, and these alerts were raised.
    Recorded { ended: Vec<SessionEnding>, alerts: Vec<Alert> },
    /// The same answer was recorded before, or one that says more. It ended these sessions.
    Repeated { session_ids: Vec<SessionId> },
    /// The alert has another answer already.
    Conflicting(AlertVerdict),
    /// The history of the user does not have the expected version.
    HistoryConflict,
}

/// The erasure of a user.
#[derive(Clone, Debug)]
pub struct UserErasure {
    pub now: UnixMillis,
    pub owner: Owner,
    pub handle: UserHandle,
    /// The ID of the event that records the erasure without naming the user.
    pub event: EventId,
    /// The cause. It is recorded in the audit, so it must not name the person.
    pub cause: Cause,
}

/// The sessions that a [`UserRevocation`] ended, now or when it was first carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevokedSessions {
    pub session_ids: Vec<SessionId>,
}

/// The outcome of a [`UserErasure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserErasureOutcome {
    /// The time by which every session of the user had been created; they have all ended. A session that is created
    /// afterwards has a later time. It is the time of the step by the deciding clock, or later if a clock that was
    /// ahead created a session later.
    pub at: UnixMillis,
    /// The active sessions that ended.
    pub session_ids: Vec<SessionId>,
}

/// A revocation of all sessions of a tenant or of everyone.
#[derive(Clone, Debug)]
pub struct MassRevocation {
    pub now: UnixMillis,
    /// Never [`RevocationScope::User`].
    pub scope: RevocationScope,
    pub operation: OperationKey,
    pub event: EventId,
    pub cause: Cause,
}

/// The outcome of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepOutcome {
    pub ended: Vec<SessionEnding>,
    /// The number of events that were appended for them. The event of a mass revocation stands for most of the sessions
    /// that it ended.
    pub events: u64,
    /// True if the bucket has more work now.
    pub has_more: bool,
    /// The time up to which every end in the bucket is recorded, by the caller's clock. `None` while the sweep is in
    /// progress.
    pub complete_until: Option<UnixMillis>,
    /// A mass revocation that has its home in this bucket and has not reached every bucket in time.
    pub unfinished: Option<UnfinishedRevocation>,
}

/// A mass revocation that did not reach every bucket at once. The times are the store's. Buckets that were swept in the
/// meantime say nothing about its endings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedRevocation {
    pub at: UnixMillis,
    /// The time at which it had reached every bucket, as far as known.
    pub finished_at: Option<UnixMillis>,
}
