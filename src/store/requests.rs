//! What the verbs of a store take and answer.

use std::time::Duration;

use super::findings::Finding;
use crate::domain::{
    Alert, Cause, EndReason, EventId, LimitAction, LoginHistory, Owner, SecretHash, Session, SessionEnding, SessionId,
    TenantId, UnixMillis, UserHandle, UserId, device::DeviceTag, event::RevocationScope,
};

/// A session was in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    pub session_id: SessionId,
    pub at: UnixMillis,
}

/// A session to be made.
#[derive(Clone, Debug)]
pub struct SessionCreation {
    pub now: UnixMillis,
    pub session: Session,
    /// Live sessions of the user, this one included.
    pub limit: u16,
    pub on_limit: LimitAction,
    /// The latest time at which the user may have proven who they are, which must be after the revocation floors of the
    /// user, the tenant and everyone. A time in the future counts as now. `None`: at the moment of this step.
    pub authenticated_at: Option<UnixMillis>,
    pub request: Option<RequestKey>,
    /// Activity of this user's sessions that is not written yet.
    pub touches: Vec<Touch>,
    pub cause: Cause,
    /// What the login raises; of more than [`limits::MAX_FINDINGS_PER_LOGIN`] the first.
    ///
    /// [`limits::MAX_FINDINGS_PER_LOGIN`]: crate::domain::limits::MAX_FINDINGS_PER_LOGIN
    pub findings: Vec<Finding>,
    /// `None`: nothing is remembered of the login.
    pub history: Option<HistoryUpdate>,
}

impl SessionCreation {
    /// Whether the login is proven after `floor`. Neither a floor nor a statement in the future counts for more than now.
    #[must_use]
    pub fn is_authenticated_after(&self, floor: UnixMillis) -> bool {
        self.authenticated_at.is_none_or(|at| at.min(self.now) > floor.min(self.now))
    }
}

/// A user's history with a login in it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryUpdate {
    pub history: LoginHistory,
    /// The version it was made from; `None`: whatever is stored is overwritten.
    pub expected_version: Option<u64>,
    pub keep_for: Duration,
}

/// What is known of a user who signs in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserState {
    /// That of the history; 0 where none is stored.
    pub version: u64,
    pub history: LoginHistory,
    /// The live sessions, most recently active first.
    pub live_sessions: Vec<Session>,
}

/// What makes a repeated Create recognisable, and its answer repeatable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Digest of the request id.
    pub id: [u8; 16],
    /// Digest of the request's body.
    pub body: [u8; 16],
    /// Random; goes into the derivation of the session's secret.
    pub nonce: [u8; 16],
    /// The token key that the session's token is made with.
    pub key_id: u8,
}

/// What became of a [`SessionCreation`].
#[derive(Clone, Debug, PartialEq)]
pub enum CreateOutcome {
    Created {
        session: Box<Session>,
        /// What gave way to it: replaced, then evicted ones, least recently active first. Sessions that
        /// were over and ended on the way may be among them.
        ended: Vec<SessionEnding>,
        /// The alerts that the findings became, as the stream will deliver them.
        alerts: Vec<Alert>,
    },
    /// The user's history is not at the expected version.
    HistoryConflict,
    /// The same request made this session before, and it is live.
    Repeated { session: Box<Session>, request: RequestKey },
    /// The same request made a session before that has ended since.
    RepeatedEnded,
    /// The request id belongs to another body.
    RequestIdReused,
    /// The policy refuses one more.
    LimitReached { live: u32 },
    /// The sessions of the user, the tenant or everyone were revoked at `floor`, and the login is not proven after that.
    AuthenticatedBeforeRevocation { floor: UnixMillis },
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once, and an ended session is read seldom")]
pub enum LoadOutcome {
    Found(Box<LoadedSession>),
    /// It ended within the last 24 hours; an older ending may be remembered still.
    Ended(Tombstone),
    NotFound,
}

/// A stored session. It may be over: by its clock, or by a mass revocation.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedSession {
    pub session: Session,
    /// When and why its tenant or everyone was signed out after it was made; the latest of several.
    pub mass_revoked: Option<(UnixMillis, Cause)>,
}

/// What is remembered of an ended session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// A caller of other tenants learns nothing of the rest.
    pub tenant: TenantId,
    pub reason: EndReason,
    pub at: UnixMillis,
    pub secret: SecretHash,
    pub cause: Cause,
}

/// A new record for a session.
#[derive(Clone, Debug)]
pub struct SessionUpdate {
    pub now: UnixMillis,
    /// The session with its new record, its revision already raised. The secret, and the clock, are
    /// not written.
    pub session: Session,
    pub expected_revision: u32,
    pub cause: Cause,
}

/// What became of an [`SessionUpdate`].
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateOutcome {
    Updated,
    Conflict { current: u32 },
    NotFound,
}

/// Whose sessions a caller may reach. A session outside is not there for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessGuard {
    /// `None`: of every tenant.
    pub tenants: Option<Vec<TenantId>>,
    /// `None`: of every user.
    pub user: Option<UserId>,
    /// The session's current secret must be this one.
    pub secret: Option<SecretHash>,
}

impl AccessGuard {
    /// Whether a session of `owner` may be reached; the secret is the store's to compare.
    #[must_use]
    pub fn admits(&self, owner: &Owner) -> bool {
        self.tenants.as_ref().is_none_or(|tenants| tenants.contains(&owner.tenant))
            && self.user.as_ref().is_none_or(|user| *user == owner.user)
    }
}

/// Sessions to be ended by name.
#[derive(Clone, Debug)]
pub struct SessionRevocation {
    pub now: UnixMillis,
    pub target: RevocationTarget,
    pub guard: AccessGuard,
    /// Somebody else had signed in: what the history learned from these sessions is taken out of it, and alerts about
    /// the user are raised again.
    pub is_compromised: bool,
    /// Recorded as the reason of the ending: [`EndReason::Revoked`] or [`EndReason::SignedOut`].
    pub reason: EndReason,
    pub cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationTarget {
    Session(SessionId),
    Device { handle: UserHandle, device: DeviceTag },
}

/// Names an operation, so that repeating it is recognised: a digest of the caller's `operation_id`.
pub type OperationKey = [u8; 16];

/// All sessions of a user, to be ended.
#[derive(Clone, Debug)]
pub struct UserRevocation {
    pub now: UnixMillis,
    pub owner: Owner,
    pub handle: UserHandle,
    pub except: Option<SessionId>,
    pub operation: OperationKey,
    /// Somebody else had signed in: logins that are not confirmed are taken out of the history, and alerts about the
    /// user are raised again.
    pub is_compromised: bool,
    /// The id of the event that tells of the whole.
    pub event: EventId,
    pub cause: Cause,
}

/// A user, to be forgotten.
#[derive(Clone, Debug)]
pub struct UserErasure {
    pub now: UnixMillis,
    pub owner: Owner,
    pub handle: UserHandle,
    /// The id of the event that tells of it without telling who.
    pub event: EventId,
    /// Goes into the audit; must not name the person.
    pub cause: Cause,
}

/// What a [`UserRevocation`] ended, now or when it was first carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevokedSessions {
    pub session_ids: Vec<SessionId>,
}

/// The outcome of a [`UserErasure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserErasureOutcome {
    /// Every session that the user had was created by then and has ended; one that is made later is created later. It is the
    /// time of the step by the clock that decides, or later where a clock that was ahead made a session later.
    pub at: UnixMillis,
    /// The live sessions that ended.
    pub session_ids: Vec<SessionId>,
}

/// All sessions of a tenant or of everyone, to be ended.
#[derive(Clone, Debug)]
pub struct MassRevocation {
    pub now: UnixMillis,
    /// Never [`RevocationScope::User`].
    pub scope: RevocationScope,
    pub operation: OperationKey,
    pub event: EventId,
    pub cause: Cause,
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepOutcome {
    pub ended: Vec<SessionEnding>,
    /// How many events were appended for them. The event of a mass revocation stands for most of what it ended.
    pub events: u64,
    /// There is more to do in this bucket now.
    pub has_more: bool,
    /// Up to when every ending of the bucket is written down, by the caller's clock; `None` while the sweep is under way.
    pub complete_until: Option<UnixMillis>,
    /// A mass revocation that has its home in this bucket and has not reached every bucket in time.
    pub unfinished: Option<UnfinishedRevocation>,
}

/// A mass revocation that did not reach every bucket at once, by the store's clock. Buckets that were swept meanwhile say
/// nothing about its endings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedRevocation {
    pub at: UnixMillis,
    /// When it had reached every bucket, as far as that is known.
    pub finished_at: Option<UnixMillis>,
}
