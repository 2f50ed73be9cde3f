//! The creation of sessions when users sign in.

use std::{fmt, time::Duration};

use sha2::{Digest, Sha256};

use super::Authority;
use crate::{
    device::{FormFactor, derive_id},
    domain::{
        Alert, BearerToken, CallError, Cause, ClientContext, Device, DeviceType, FieldViolation, FieldViolations,
        Location, Owner, Policy, Record, Session, SessionClock, SessionData, SessionEnding, SessionId, SessionToken,
        TokenSecret, UnixMillis,
        limits::{
            CLOCK_TOLERANCE, MAX_AUTH_METHOD_BYTES, MAX_AUTH_METHODS, MAX_EMAIL_BYTES, MAX_REQUEST_ID_BYTES,
            MAX_ROLE_BYTES, MAX_ROLES, check_assurance_level, check_optional_text, check_text_list,
        },
    },
    entropy::random_bytes,
    store::{CreateOutcome, RequestKey, SessionCreation},
};

/// A login whose credentials the caller has checked.
#[derive(Clone)]
pub struct LoginRequest {
    pub owner: Owner,
    pub email: String,
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

/// The terms of a login: the fields that depend neither on the user nor on the client.
#[derive(Clone, Copy)]
pub struct LoginTerms<'a> {
    pub email: &'a str,
    pub roles: &'a [String],
    pub remember: bool,
    pub lifetime: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    /// The name of the policy. Empty: the default policy.
    pub policy: &'a str,
    pub auth_methods: &'a [String],
    pub assurance_level: u32,
    pub authenticated_at: Option<UnixMillis>,
    pub request_id: &'a str,
}

impl LoginRequest {
    fn terms(&self) -> LoginTerms<'_> {
        LoginTerms {
            email: &self.email,
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

impl Authority {
    /// Creates a session. A repeat with the same request ID and an equal body returns the first session and its token.
    pub async fn create(&self, login: LoginRequest) -> Result<CreatedSession, CallError> {
        let now = self.now();
        let (policy_name, policy, clock) = self.check_terms(&login.terms(), now)?;
        let policy_name = policy_name.to_owned();
        if !self.parts.backlog.is_open() {
            return Err(CallError::AuditBacklogFull);
        }

        let id = SessionId {
            handle: self.parts.installation.user_handle(&login.owner),
            unique: random_bytes(self.parts.entropy.as_ref())?,
        };
        let (secret, request) = self.generate_secret(id, &login)?;
        let device = self.describe_device(&login).await;
        let clock = SessionClock { device: device.tag(), ..clock };
        let record = Record {
            revision: 1,
            secret: secret.hash(),
            email: login.email,
            roles: login.roles,
            data: login.data,
            device,
            location: self.locate_client(&login.client),
            created_at: now,
            authenticated_at: login.authenticated_at.unwrap_or(now).min(now),
            remembered: login.remember,
            auth_methods: login.auth_methods,
            assurance_level: login.assurance_level,
            policy: policy_name,
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
        let outcome =
            if login.is_migrated { self.store().create(creation).await? } else { self.sign_in(creation).await? };
        match outcome {
            CreateOutcome::Created { session, ended, alerts: raised } => {
                self.activity.mark_written(&touches);
                self.pending_audit_activity.add(touches);
                self.note_ended(&ended);
                self.note_raised(id.handle.bucket(), &raised);
                self.parts.observer.created();
                let token =
                    BearerToken::new(self.parts.tokens.minting_key().mint(&SessionToken { session_id: id, secret }));
                Ok(CreatedSession { token, session: *session, ended, alerts: raised })
            }
            CreateOutcome::Repeated { session, request } => {
                // Without its key the token cannot be made again, and without the token the session is useless.
                let key = self.parts.tokens.by_id(request.key_id).ok_or(CallError::RequestSessionEnded)?;
                let secret = key.secret_for_request(session.id, &login.request_id, &request.nonce);
                let token = BearerToken::new(key.mint(&SessionToken { session_id: session.id, secret }));
                Ok(CreatedSession { token, session: *session, ended: Vec::new(), alerts: Vec::new() })
            }
            CreateOutcome::HistoryConflict => Err(CallError::Internal("unexpected login history conflict".to_owned())),
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

    /// Checks the terms of a login. Returns all violations.
    pub fn check_login(&self, terms: LoginTerms<'_>) -> Result<(), FieldViolations> {
        self.check_terms(&terms, self.now()).map(drop)
    }

    /// Checks the terms of a login. Returns their policy and the clock of the new session, or all violations.
    fn check_terms(
        &self,
        login: &LoginTerms<'_>,
        now: UnixMillis,
    ) -> Result<(&str, &Policy, SessionClock), FieldViolations> {
        let mut violations = FieldViolations::default();
        let policy = violations.check_all(self.parts.policies.get(login.policy));
        violations.check(check_optional_text("email", login.email, MAX_EMAIL_BYTES));
        violations.check(check_text_list("roles", login.roles, MAX_ROLES, MAX_ROLE_BYTES));
        violations.check(check_text_list("auth_methods", login.auth_methods, MAX_AUTH_METHODS, MAX_AUTH_METHOD_BYTES));
        violations.check(check_assurance_level("assurance_level", login.assurance_level));
        violations.check(check_optional_text("request_id", login.request_id, MAX_REQUEST_ID_BYTES));
        violations.check(self.authentication_time("authenticated_at", login.authenticated_at, now));
        let Some((name, policy)) = policy else { return Err(violations) };
        let lifetime = violations.check(policy.lifetime(login.remember, login.lifetime));
        let idle_timeout = violations.check(policy.idle_timeout(login.remember, login.idle_timeout));
        violations.into_result()?;
        let (lifetime, idle_timeout) = (lifetime.unwrap_or_default(), idle_timeout.unwrap_or_default());
        let clock = SessionClock {
            last_active: now,
            idle_timeout,
            idle_margin: policy.idle_margin(idle_timeout),
            expires_at: now.plus(lifetime),
            device: [0; 8],
        };
        Ok((name, policy, clock))
    }

    /// Generates the token secret. It is random, unless the response must be repeatable.
    fn generate_secret(
        &self,
        id: SessionId,
        login: &LoginRequest,
    ) -> Result<(TokenSecret, Option<RequestKey>), CallError> {
        let entropy = self.parts.entropy.as_ref();
        if login.request_id.is_empty() {
            return Ok((TokenSecret::new(random_bytes(entropy)?), None));
        }
        let key = self.parts.tokens.minting_key();
        let nonce: [u8; 16] = random_bytes(entropy)?;
        let secret = key.secret_for_request(id, &login.request_id, &nonce);
        // The same request ID from another caller is another request.
        let named = [digest(login.cause.caller.as_bytes()), digest(login.request_id.as_bytes())].concat();
        let request = RequestKey { id: digest(&named), body: login.body_digest, nonce, key_id: key.id() };
        Ok((secret, Some(request)))
    }

    pub(super) fn authentication_time(
        &self,
        field: &'static str,
        stated: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<(), FieldViolation> {
        let Some(stated) = stated else { return Ok(()) };
        if stated > now.plus(CLOCK_TOLERANCE) {
            return Err(FieldViolation::new(field, "is in the future; check the caller's clock"));
        }
        if stated.plus(self.parts.settings.max_authentication_age) < now {
            return Err(FieldViolation::new(field, "is too long ago; the user must sign in again"));
        }
        Ok(())
    }

    fn locate_client(&self, client: &ClientContext) -> Location {
        let place = client.ip.map(|ip| self.parts.locator.locate(ip)).unwrap_or_default();
        Location::new(client.ip, place, &client.country)
    }

    async fn describe_device(&self, login: &LoginRequest) -> Device {
        let client = &login.client;
        let description = self.parts.namer.describe(&client.user_agent).await;
        let named_by_caller = !client.device_id.is_empty();
        let id = if named_by_caller {
            client.device_id.clone()
        } else {
            let (tenant, user) = (login.owner.tenant.as_str(), login.owner.user.as_str());
            derive_id(tenant, user, &description, &client.accept_language, &client.accept_encoding)
        };
        Device {
            id,
            name: description.name,
            kind: match description.form_factor {
                FormFactor::Mobile => DeviceType::Mobile,
                FormFactor::Tablet => DeviceType::Tablet,
                FormFactor::Desktop => DeviceType::Desktop,
                FormFactor::Other => DeviceType::Other,
                FormFactor::Unknown => DeviceType::Unknown,
            },
            browser: description.browser,
            os: description.os,
            user_agent: client.user_agent.clone(),
            first_seen: false,
            named_by_caller,
        }
    }
}

/// Returns the latest time that `stated` can mean. A whole second means any time within it, because some protocols
/// state no more (`auth_time` of `OpenID` Connect Core 1.0 §2).
fn latest_possible_time(stated: UnixMillis) -> UnixMillis {
    if stated.get().is_multiple_of(1000) { stated.plus(Duration::from_millis(999)) } else { stated }
}

/// Returns the first 16 bytes of the SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(bytes)[..16]);
    digest
}
