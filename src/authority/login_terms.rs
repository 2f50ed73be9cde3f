//! The terms of a login, and their check.

use std::time::Duration;

use crate::domain::{
    FieldViolation, FieldViolations, Policy, PolicySet, SessionClock, UnixMillis,
    alert::NotificationContact,
    limits::{
        CLOCK_TOLERANCE, MAX_AUTH_METHOD_BYTES, MAX_AUTH_METHODS, MAX_EMAIL_BYTES, MAX_REQUEST_ID_BYTES,
        MAX_ROLE_BYTES, MAX_ROLES, check_assurance_level, check_optional_text, check_text_list,
    },
};

/// The terms of a login: the fields that depend neither on the user nor on the client.
#[derive(Clone, Copy)]
pub struct LoginTerms<'a> {
    pub email: &'a str,
    pub contact: &'a NotificationContact,
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

/// The rules of an installation for the terms of logins.
pub struct LoginRules {
    pub policies: PolicySet,
    /// The maximum age of the authentication of a login.
    pub max_authentication_age: Duration,
}

impl LoginRules {
    /// Checks the terms of a login. Returns their policy and the clock of the new session, or all violations.
    pub(super) fn check(
        &self,
        login: &LoginTerms<'_>,
        now: UnixMillis,
    ) -> Result<(&str, &Policy, SessionClock), FieldViolations> {
        let mut violations = FieldViolations::default();
        let policy = violations.check_all(self.policies.get(login.policy));
        violations.check(check_optional_text("email", login.email, MAX_EMAIL_BYTES));
        violations.check_all(login.contact.check());
        violations.check(check_text_list("roles", login.roles, MAX_ROLES, MAX_ROLE_BYTES));
        violations.check(check_text_list("auth_methods", login.auth_methods, MAX_AUTH_METHODS, MAX_AUTH_METHOD_BYTES));
        violations.check(check_assurance_level("assurance_level", login.assurance_level));
        violations.check(check_optional_text("request_id", login.request_id, MAX_REQUEST_ID_BYTES));
        let stated = login.authenticated_at;
        violations.check(check_authentication_time("authenticated_at", stated, now, self.max_authentication_age));
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
}

/// Checks the time of an authentication: neither in the future nor longer ago than `max_age`.
pub(super) fn check_authentication_time(
    field: &'static str,
    stated: Option<UnixMillis>,
    now: UnixMillis,
    max_age: Duration,
) -> Result<(), FieldViolation> {
    let Some(stated) = stated else { return Ok(()) };
    if stated > now.plus(CLOCK_TOLERANCE) {
        return Err(FieldViolation::new(field, "is in the future; check the caller's clock"));
    }
    if stated.plus(max_age) < now {
        return Err(FieldViolation::new(field, "is too long ago; the user must sign in again"));
    }
    Ok(())
}
