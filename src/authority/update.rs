//! Updates of active sessions.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    activity::SessionActivity,
    backlog::BacklogGate,
    change_recorder::ChangeRecorder,
    loaded_session::{LoadedSessionState, session_state},
    login_terms::check_authentication_time,
    permissions::permit_reauthentication,
    token_issuer::TokenIssuer,
};
use crate::{
    clock::Clock,
    domain::{
        BearerToken, CallError, Caller, Cause, FieldViolations, Record, Rotation, Session, SessionData, SessionId,
        UnixMillis,
        limits::{
            MAX_AUTH_METHOD_BYTES, MAX_AUTH_METHODS, MAX_EMAIL_BYTES, MAX_ROLE_BYTES, MAX_ROLES, check_assurance_level,
            check_optional_text, check_text_list,
        },
    },
    store::{SessionStore, SessionUpdate, TokenReplacement, UpdateOutcome},
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
    /// Set if the session also gets a new token.
    pub rotates: bool,
    /// The caller. A session outside its tenants is not found.
    pub caller: Arc<Caller>,
    pub cause: Cause,
}

/// An updated session.
#[derive(Clone, Debug)]
pub struct UpdatedSession {
    pub session: Session,
    /// The new token, if one was requested.
    pub token: Option<BearerToken>,
}

/// Updates active sessions.
pub struct SessionUpdater {
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub activity: Arc<SessionActivity>,
    pub changes: ChangeRecorder,
    pub backlog: Arc<BacklogGate>,
    pub tokens: TokenIssuer,
    /// The maximum age of an authentication.
    pub max_authentication_age: Duration,
}

impl SessionUpdater {
    /// Updates a session and returns its new state. Validations include the change at once on this node, and within the
    /// staleness bound on others.
    pub async fn update(&self, request: SessionUpdateRequest) -> Result<UpdatedSession, CallError> {
        let now = self.clock.now();
        self.check_changes(&request.changes)?;
        if !self.backlog.admits_changes() {
            return Err(CallError::AuditBacklogFull);
        }
        let mut cause = request.cause.clone();
        if request.rotates {
            cause.changed_fields.push("token".to_owned());
        }
        let mut current = 0;
        for _ in 0..ATTEMPTS {
            let mut session = self.load_session(&request, now).await?;
            current = session.record.revision;
            if request.if_revision != 0 && request.if_revision != u64::from(current) {
                return Err(CallError::RevisionConflict { current });
            }
            if request.changes.raises_assurance(&session.record, now) {
                permit_reauthentication(&request.caller, "raise the assurance of a session")?;
            }
            request.changes.apply(&mut session.record, now);
            let (mut token, mut new_token) = (None, None);
            if request.rotates {
                let (minted, replacement) = self.replace_token(&mut session, now)?;
                (token, new_token) = (Some(minted), Some(replacement));
            }
            session.record.revision = current.saturating_add(1);
            let outcome = self
                .store
                .update(SessionUpdate {
                    now,
                    session: session.clone(),
                    expected_revision: current,
                    new_token,
                    cause: cause.clone(),
                })
                .await?;
            match outcome {
                UpdateOutcome::Updated => {
                    self.changes.record_updated();
                    return Ok(UpdatedSession { session, token });
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

    /// Gives the session a new token. The holder of the old one must not gain the new rights, so the new secret is not
    /// derived from it.
    fn replace_token(
        &self,
        session: &mut Session,
        now: UnixMillis,
    ) -> Result<(BearerToken, TokenReplacement), CallError> {
        let Record { secret: current, rotation: before, rotation_rules, .. } = &session.record;
        let rotation = Rotation::after_step_up(before.as_ref(), *current, now, rotation_rules);
        let (secret, token) = self.tokens.new_token(session.id, rotation.number)?;
        let replacement = TokenReplacement { before: session.record.rotation.replace(rotation) };
        session.record.secret = secret.hash();
        Ok((token, replacement))
    }

    async fn load_session(&self, request: &SessionUpdateRequest, now: UnixMillis) -> Result<Session, CallError> {
        let loaded = self.store.load(request.session_id).await?;
        match session_state(loaded, &request.caller.tenants, &self.activity, now) {
            LoadedSessionState::Live(session) => Ok(*session),
            LoadedSessionState::Ended { .. } | LoadedSessionState::Missing => Err(CallError::SessionNotFound),
        }
    }
}

impl SessionChanges {
    /// Returns whether the changes make the authentication of the session count for more.
    fn raises_assurance(&self, record: &Record, now: UnixMillis) -> bool {
        self.assurance_level.is_some_and(|level| level > record.assurance_level)
            || self.authenticated_at.is_some_and(|at| at.min(now) > record.authenticated_at)
    }

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
