//! What a live session carries changes.

use std::fmt;

use super::Authority;
use crate::{
    domain::{
        Cause, Data, Error, Liveness, Record, Session, SessionId, TenantScope, UnixMillis, Violations,
        limits::{
            AUTH_METHOD_BYTES, AUTH_METHODS, EMAIL_BYTES, ROLE_BYTES, ROLES, assurance_level, optional_text, text_list,
        },
    },
    store::{Found, Loaded, Update, UpdateOutcome},
};

/// How often a change is tried anew when others change the session at the same time.
const ATTEMPTS: usize = 8;

/// The fields to be changed; `None` leaves one as it is.
#[derive(Clone, Default)]
pub struct Changes {
    pub email: Option<String>,
    pub roles: Option<Vec<String>>,
    pub data: Option<Data>,
    pub auth_methods: Option<Vec<String>>,
    pub assurance_level: Option<u32>,
    pub authenticated_at: Option<UnixMillis>,
}

/// E-mail address and data stay out of logs; that they change does not.
impl fmt::Debug for Changes {
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
pub struct UpdateSession {
    pub session_id: SessionId,
    pub changes: Changes,
    /// Zero: whatever revision it is at.
    pub if_revision: u64,
    /// A session of another tenant is not found.
    pub tenants: TenantScope,
    pub cause: Cause,
}

impl Authority {
    /// Changes a session and answers it as it is then; validations see it, here at once, and elsewhere within the staleness bound.
    pub async fn update(&self, request: UpdateSession) -> Result<Session, Error> {
        let now = self.now();
        self.check_changes(&request.changes)?;
        if !self.parts.backlog.admits_changes() {
            return Err(Error::AuditBacklogFull);
        }
        let mut current = 0;
        for _ in 0..ATTEMPTS {
            let mut session = self.session(&request, now).await?;
            current = session.record.revision;
            if request.if_revision != 0 && request.if_revision != u64::from(current) {
                return Err(Error::RevisionConflict { current });
            }
            request.changes.apply(&mut session.record, now);
            session.record.revision = current.saturating_add(1);
            let outcome = self
                .store()
                .update(Update {
                    now,
                    session: session.clone(),
                    expected_revision: current,
                    cause: request.cause.clone(),
                })
                .await?;
            match outcome {
                UpdateOutcome::Updated => {
                    self.changed.notify_one();
                    return Ok(session);
                }
                UpdateOutcome::Gone => return Err(Error::SessionNotFound),
                UpdateOutcome::Conflict { current: now_at } => current = now_at,
            }
        }
        Err(Error::RevisionConflict { current })
    }

    /// Names everything that is wrong with `changes`.
    pub fn check_changes(&self, changes: &Changes) -> Result<(), Violations> {
        let mut violations = Violations::default();
        if let Some(email) = &changes.email {
            violations.take(optional_text("session.email", email, EMAIL_BYTES));
        }
        if let Some(roles) = &changes.roles {
            violations.take(text_list("session.roles", roles, ROLES, ROLE_BYTES));
        }
        if let Some(methods) = &changes.auth_methods {
            violations.take(text_list("session.auth_methods", methods, AUTH_METHODS, AUTH_METHOD_BYTES));
        }
        if let Some(level) = changes.assurance_level {
            violations.take(assurance_level("session.assurance_level", level));
        }
        violations.take(self.authentication_time("session.authenticated_at", changes.authenticated_at, self.now()));
        violations.into_result()
    }

    async fn session(&self, request: &UpdateSession, now: UnixMillis) -> Result<Session, Error> {
        match self.store().load(request.session_id).await? {
            Loaded::Found(found) if request.tenants.allows(found.session.owner.tenant.as_str()) => {
                self.living(*found, now).ok_or(Error::SessionNotFound)
            }
            Loaded::Found(_) | Loaded::Ended(_) | Loaded::Missing => Err(Error::SessionNotFound),
        }
    }

    /// The session if it is live, with the activity that this node knows of counted in.
    fn living(&self, found: Found, now: UnixMillis) -> Option<Session> {
        let Found { mut session, mass_revoked } = found;
        if let Some(latest) = self.activity.of(session.id).latest() {
            session.clock.last_active = session.clock.last_active.max(latest);
        }
        let is_live = |at| session.clock.liveness(at) == Liveness::Live;
        let revoked = mass_revoked.is_some_and(|(at, _)| is_live(at));
        (!revoked && is_live(now)).then_some(session)
    }
}

impl Changes {
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
