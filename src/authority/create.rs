//! The creation of sessions when users sign in.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    activity::SessionActivity,
    backlog::BacklogGate,
    change_recorder::ChangeRecorder,
    client_describer::ClientDescriber,
    login_terms::{LoginRules, LoginTerms},
    sign_in::SignInEvaluator,
    token_issuer::{RequestIdentity, TokenIssuer},
};
use crate::{
    clock::Clock,
    domain::{
        Alert, BearerToken, CallError, Cause, ClientContext, FieldViolations, Owner, Record, Session, SessionClock,
        SessionData, SessionEnding, UnixMillis, alert::NotificationContact,
    },
    store::{CreateOutcome, SessionCreation},
};

/// A login whose credentials the caller has checked.
#[derive(Clone)]
pub struct LoginRequest {
    pub owner: Owner,
    pub email: String,
    pub contact: NotificationContact,
    pub roles: Vec<String>,
    pub data: SessionData,
    pub client: ClientContext,
    pub remember: bool,
    pub lifetime: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    /// The name of the policy. Empty: the default policy.
    pub policy: String,
    pub auth_methods: Vec<String>,
    pub assurance_level: u32,
    /// The time of the authentication. `None`: now.
    pub authenticated_at: Option<UnixMillis>,
    /// The idempotency key. Empty: a repeat creates another session.
    pub request_id: String,
    /// Set if the session continues one that started in another system, so that the user does not sign in now.
    pub is_migrated: bool,
    /// A digest that represents all fields above when requests are compared.
    pub body_digest: [u8; 16],
    pub cause: Cause,
}

/// Omits the e-mail address and the data, to keep them out of logs.
impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("owner", &self.owner)
            .field("policy", &self.policy)
            .field("remember", &self.remember)
            .field("lifetime", &self.lifetime)
            .field("idle_timeout", &self.idle_timeout)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl LoginRequest {
    fn terms(&self) -> LoginTerms<'_> {
        LoginTerms {
            email: &self.email,
            contact: &self.contact,
            roles: &self.roles,
            remember: self.remember,
            lifetime: self.lifetime,
            idle_timeout: self.idle_timeout,
            policy: &self.policy,
            auth_methods: &self.auth_methods,
            assurance_level: self.assurance_level,
            authenticated_at: self.authenticated_at,
            request_id: &self.request_id,
        }
    }

    fn identity(&self) -> RequestIdentity<'_> {
        RequestIdentity { caller: &self.cause.caller, request_id: &self.request_id, body_digest: self.body_digest }
    }
}

/// A new session and its token.
#[derive(Clone, Debug)]
pub struct CreatedSession {
    /// The token for the user. It cannot be retrieved again.
    pub token: BearerToken,
    pub session: Session,
    /// The sessions that were replaced or evicted for the new one.
    pub ended: Vec<SessionEnding>,
    /// The alerts that the login raised.
    pub alerts: Vec<Alert>,
}

/// Creates sessions.
pub struct SessionCreator {
    pub clock: Arc<dyn Clock>,
    pub rules: LoginRules,
    pub tokens: TokenIssuer,
    pub clients: ClientDescriber,
    pub sign_ins: SignInEvaluator,
    pub activity: Arc<SessionActivity>,
    pub changes: ChangeRecorder,
    pub backlog: Arc<BacklogGate>,
}

impl SessionCreator {
    /// Checks the terms of a login. Returns all violations.
    pub fn check_login(&self, terms: LoginTerms<'_>) -> Result<(), FieldViolations> {
        self.rules.check(&terms, self.clock.now()).map(drop)
    }

    /// Creates a session. A repeat with the same request ID and an equal body returns the first session and its token.
    pub async fn create(&self, login: LoginRequest) -> Result<CreatedSession, CallError> {
        let now = self.clock.now();
        let (policy_name, policy, clock) = self.rules.check(&login.terms(), now)?;
        let policy_name = policy_name.to_owned();
        if !self.backlog.is_open() {
            return Err(CallError::AuditBacklogFull);
        }

        let id = self.tokens.new_session_id(&login.owner)?;
        let (secret, request) = self.tokens.generate_secret(id, &login.identity())?;
        let device = self.clients.describe_device(&login.owner, &login.client).await;
        let clock = SessionClock { device: device.tag(), ..clock };
        let record = Record {
            revision: 1,
            secret: secret.hash(),
            email: login.email,
            contact: login.contact,
            roles: login.roles,
            data: login.data,
            device,
            location: self.clients.locate(&login.client),
            created_at: now,
            authenticated_at: login.authenticated_at.unwrap_or(now).min(now),
            remembered: login.remember,
            auth_methods: login.auth_methods,
            assurance_level: login.assurance_level,
            policy: policy_name,
            rotation_rules: policy.rotation,
            binding: policy.binding,
            step_up_at: None,
            rotation: None,
            last_seen: None,
        };
        let touches = self.activity.pending_touches(id.handle);
        let creation = SessionCreation {
            now,
            session: Session { id, owner: login.owner, record, clock },
            limit: policy.max_sessions,
            on_limit: policy.on_limit,
            authenticated_at: login.authenticated_at.map(latest_possible_time),
            request,
            touches: touches.clone(),
            cause: login.cause,
            findings: Vec::new(),
            history: None,
        };
        let outcome = if login.is_migrated {
            self.sign_ins.create_unevaluated(creation).await?
        } else {
            self.sign_ins.create(creation).await?
        };
        match outcome {
            CreateOutcome::Created { session, ended, alerts } => {
                self.activity.mark_written(touches);
                self.changes.record_created(&ended);
                Ok(CreatedSession { token: self.tokens.mint(id, &secret, 0), session: *session, ended, alerts })
            }
            CreateOutcome::Repeated { session, request } => {
                // A session whose token cannot be made again is of no use to the caller.
                let token = self.tokens.mint_again(session.id, session.record.secret, &login.request_id, &request);
                let token = token.ok_or(CallError::RequestSessionEnded)?;
                Ok(CreatedSession { token, session: *session, ended: Vec::new(), alerts: Vec::new() })
            }
            CreateOutcome::HistoryConflict(_) => Err(CallError::Internal("unexpected login history conflict".into())),
            CreateOutcome::RepeatedEnded => Err(CallError::RequestSessionEnded),
            CreateOutcome::RequestIdReused => Err(CallError::RequestIdReused),
            CreateOutcome::LimitReached { live } => {
                Err(CallError::SessionLimitReached { live, limit: policy.max_sessions.into() })
            }
            CreateOutcome::AuthenticatedBeforeRevocation { floor } => {
                Err(CallError::AuthenticationRevoked { revoked_at: floor })
            }
        }
    }
}

/// Returns the latest time that `stated` can mean. A whole second means any time within it, because some protocols
/// state no more (`auth_time` of `OpenID` Connect Core 1.0 §2).
fn latest_possible_time(stated: UnixMillis) -> UnixMillis {
    if stated.get().is_multiple_of(1000) { stated.plus(Duration::from_millis(999)) } else { stated }
}
