//! Updates of active sessions.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    activity::SessionActivity, backlog::BacklogGate, change_recorder::ChangeRecorder,
    login_terms::check_authentication_time,
};
use crate::{
    clock::Clock,
    domain::{
        CallError, Cause, FieldViolations, Liveness, Record, Session, SessionData, SessionId, TenantScope, UnixMillis,
        limits::{
            MAX_AUTH_METHOD_BYTES, MAX_AUTH_METHODS, MAX_EMAIL_BYTES, MAX_ROLE_BYTES, MAX_ROLES, check_assurance_level,
            check_optional_text, check_text_list,
        },
    },
    store::{LoadOutcome, LoadedSession, SessionStore, SessionUpdate, UpdateOutcome},
};

/// The number of attempts of an update while other calls change the session.
const ATTEMPTS: usize = 8;

/// The fields to change. `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct SessionChanges {
    pub email: Option<String>,
    pub roles: Option<Vec<String>>,
    pub data: Option<SessionData>,
    pub auth_methods: Option<Vec<String>>,
    pub assurance_level: Option<u32>,
    pub authenticated_at: Option<UnixMillis>,
}

/// Redacts the e-mail address and the data, to keep them out of logs. Shows that they change.
impl fmt::Debug for SessionChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionChanges")
            .field("email", &self.email.as_ref().map(|_| "redacted"))
            .field("roles", &self.roles)
            .field("data", &self.data)
            .field("auth_methods", &self.auth_methods)
            .field("assurance_level", &self.assurance_level)
            .field("authenticated_at", &self.authenticated_at)
            .finish()
    }
}

/// An update of an active session.
#[derive(Clone, Debug)]
pub struct SessionUpdateRequest {
    pub session_id: SessionId,
    pub changes: SessionChanges,
    /// The expected revision. Zero: any revision.
    pub if_revision: u64,
    /// The tenants of the caller. A session of another tenant is not found.
    pub tenants: TenantScope,
    pub cause: Cause,
}

/// Updates active sessions.
pub struct SessionUpdater {
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub activity: Arc<SessionActivity>,
    pub changes: ChangeRecorder,
    pub backlog: Arc<BacklogGate>,
    /// The maximum age of an authentication.
    pub max_authentication_age: Duration,
}

impl SessionUpdater {
    /// Updates a session and returns its new state. Validations include the change at once on this node, and within the
    /// staleness bound on others.
    pub async fn update(&self, request: SessionUpdateRequest) -> Result<Session, CallError> {
        let now = self.clock.now();
        self.check_changes(&request.changes)?;
        if !self.backlog.admits_changes() {
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
                .store
                .update(SessionUpdate {
                    now,
                    session: session.clone(),
                    expected_revision: current,
                    cause: request.cause.clone(),
                })
                .await?;
            match outcome {
                UpdateOutcome::Updated => {
                    self.changes.record_updated();
                    return Ok(session);
                }
                UpdateOutcome::NotFound => return Err(CallError::SessionNotFound),
                UpdateOutcome::Conflict { current: now_at } => current = now_at,
            }
        }
        Err(CallError::RevisionConflict { current })
    }

    /// Checks `changes`. Returns all violations.
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
        let (stated, max_age) = (changes.authenticated_at, self.max_authentication_age);
        let now = self.clock.now();
        violations.check(check_authentication_time("session.authenticated_at", stated, now, max_age));
        violations.into_result()
    }

    async fn load_session(&self, request: &SessionUpdateRequest, now: UnixMillis) -> Result<Session, CallError> {
        match self.store.load(request.session_id).await? {
            LoadOutcome::Found(found) if request.tenants.allows(found.session.owner.tenant.as_str()) => {
                self.live_session(*found, now).ok_or(CallError::SessionNotFound)
            }
            LoadOutcome::Found(_) | LoadOutcome::Ended(_) | LoadOutcome::NotFound => Err(CallError::SessionNotFound),
        }
    }

    /// Returns the session if it is active, including the activity that this node knows of.
    fn live_session(&self, found: LoadedSession, now: UnixMillis) -> Option<Session> {
        let LoadedSession { mut session, mass_revoked } = found;
        if let Some(latest) = self.activity.latest(session.id) {
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
