//! What a live session carries changes.

use std::fmt;

use super::Authority;
use crate::{
    domain::{
        CallError, Cause, FieldViolations, Liveness, Record, Session, SessionData, SessionId, TenantScope, UnixMillis,
        limits::{
            MAX_AUTH_METHOD_BYTES, MAX_AUTH_METHODS, MAX_EMAIL_BYTES, MAX_ROLE_BYTES, MAX_ROLES, check_assurance_level,
            check_optional_text, check_text_list,
        },
    },
    store::{LoadOutcome, LoadedSession, SessionUpdate, UpdateOutcome},
};

/// How often a change is tried anew when others change the session at the same time.
const ATTEMPTS: usize = 8;

/// The fields to be changed; `None` leaves one as it is.
#[derive(Clone, Default)]
pub struct SessionChanges {
    pub email: Option<String>,
    pub roles: Option<Vec<String>>,
    pub data: Option<SessionData>,
    pub auth_methods: Option<Vec<String>>,
    pub assurance_level: Option<u32>,
    pub authenticated_at: Option<UnixMillis>,
}

/// E-mail address and data stay out of logs; that they change does not.
impl fmt::Debug for SessionChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("email", &self.email.as_ref().map(|_| "redacted"))
            .field("roles", &self.roles)
            .field("data", &self.data)
            .field("auth_methods", &self.auth_methods)
            .field("assurance_level", &self.assurance_level)
            .field("authenticated_at", &self.authenticated_at)
            .finish()
    }
}

/// A change of a live session.
#[derive(Clone, Debug)]
pub struct SessionUpdateRequest {
    pub session_id: SessionId,
    pub changes: SessionChanges,
    /// Zero: whatever revision it is at.
    pub if_revision: u64,
    /// A session of another tenant is not found.
    pub tenants: TenantScope,
    pub cause: Cause,
}

impl Authority {
    /// Changes a session and answers it as it is then; validations see it, here at once, and elsewhere within the staleness bound.
    pub async fn update(&self, request: SessionUpdateRequest) -> Result<Session, CallError> {
        let now = self.now();
        self.check_changes(&request.changes)?;
        if !self.parts.backlog.admits_changes() {
            return Err(CallError::AuditBacklogFull);
        }
        let mut current = 0;
        for _ in 0..ATTEMPTS {
            let mut session = self.load_session(&request, now).await?;
            current = session.record.revision;
            if request.if_revision != 0 && request.if_revision != u64::from(current) {
                return Err(CallError::RevisionConflict { current });
            }
            request.changes.apply(&mut session.record, now);
            session.record.revision = current.saturating_add(1);
            let outcome = self
                .store()
                .update(SessionUpdate {
                    now,
                    session: session.clone(),
                    expected_revision: current,
                    cause: request.cause.clone(),
                })
                .await?;
            match outcome {
                UpdateOutcome::Updated => {
                    self.change_signal.notify_one();
                    return Ok(session);
                }
                UpdateOutcome::NotFound => return Err(CallError::SessionNotFound),
                UpdateOutcome::Conflict { current: now_at } => current = now_at,
            }
        }
        Err(CallError::RevisionConflict { current })
    }

    /// Names everything that is wrong with `changes`.
    pub fn check_changes(&self, changes: &SessionChanges) -> Result<(), FieldViolations> {
        let mut violations = FieldViolations::default();
        if let Some(email) = &changes.email {
            violations.check(check_optional_text("session.email", email, MAX_EMAIL_BYTES));
        }
        if let Some(roles) = &changes.roles {
            violations.check(check_text_list("session.roles", roles, MAX_ROLES, MAX_ROLE_BYTES));
        }
        if let Some(methods) = &changes.auth_methods {
            violations.check(check_text_list("session.auth_methods", methods, MAX_AUTH_METHODS, MAX_AUTH_METHOD_BYTES));
        }
        if let Some(level) = changes.assurance_level {
            violations.check(check_assurance_level("session.assurance_level", level));
        }
        violations.check(self.authentication_time("session.authenticated_at", changes.authenticated_at, self.now()));
        violations.into_result()
    }

    async fn load_session(&self, request: &SessionUpdateRequest, now: UnixMillis) -> Result<Session, CallError> {
        match self.store().load(request.session_id).await? {
            LoadOutcome::Found(found) if request.tenants.allows(found.session.owner.tenant.as_str()) => {
                self.live_session(*found, now).ok_or(CallError::SessionNotFound)
            }
            LoadOutcome::Found(_) | LoadOutcome::Ended(_) | LoadOutcome::NotFound => Err(CallError::SessionNotFound),
        }
    }

    /// The session if it is live, with the activity that this node knows of counted in.
    fn live_session(&self, found: LoadedSession, now: UnixMillis) -> Option<Session> {
        let LoadedSession { mut session, mass_revoked } = found;
        if let Some(latest) = self.activity.lock_session(session.id).latest() {
            session.clock.last_active = session.clock.last_active.max(latest);
        }
        let is_live = |at| session.clock.liveness(at) == Liveness::Live;
        let revoked = mass_revoked.is_some_and(|(at, _)| is_live(at));
        (!revoked && is_live(now)).then_some(session)
    }
}

impl SessionChanges {
    fn apply(&self, record: &mut Record, now: UnixMillis) {
        fn set<T: Clone>(field: &mut T, change: Option<&T>) {
            if let Some(value) = change {
                field.clone_from(value);
            }
        }
        set(&mut record.email, self.email.as_ref());
        set(&mut record.roles, self.roles.as_ref());
        set(&mut record.data, self.data.as_ref());
        set(&mut record.auth_methods, self.auth_methods.as_ref());
        set(&mut record.assurance_level, self.assurance_level.as_ref());
        set(&mut record.authenticated_at, self.authenticated_at.map(|at| at.min(now)).as_ref());
    }
}
