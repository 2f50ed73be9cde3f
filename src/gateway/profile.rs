//! The demands of a route.

use std::{borrow::Cow, time::Duration};

use crate::domain::{
    FieldViolation, TenantId, TenantScope,
    duration_text::parse_duration,
    limits::{MAX_ROLE_BYTES, MAX_ROLES, check_assurance_level, check_text_list},
};

/// The need of a route for a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionRequirement {
    /// A request without an active session is rejected.
    #[default]
    Required,
    /// A request without an active session passes, as that of nobody.
    Optional,
}

/// The demands of a route, and what happens to requests that do not meet them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct AccessProfile {
    pub session: SessionRequirement,
    /// The session must have one of these roles. Empty: none is needed.
    pub roles: Vec<String>,
    pub min_assurance_level: u32,
    /// The maximum age of the authentication.
    pub max_auth_age: Option<Duration>,
    /// Demands a verdict that includes every change acknowledged before.
    pub strong: bool,
    /// Counts a request as activity of the session.
    pub touch: bool,
    /// The only tenant whose sessions count. `None`: every tenant that the gateway may reach.
    pub tenant: Option<TenantId>,
    /// The page to which a browser without a session is redirected, with the placeholders `{return_to}` and `{reason}`.
    pub login_url: Option<String>,
    /// Deletes the token's cookies with a rejection of the token that is final.
    pub delete_rejected_cookies: bool,
    /// Leaves the token in the request that the application receives.
    pub forward_token: bool,
}

impl Default for AccessProfile {
    fn default() -> Self {
        Self {
            session: SessionRequirement::Required,
            roles: Vec::new(),
            min_assurance_level: 0,
            max_auth_age: None,
            strong: false,
            touch: true,
            tenant: None,
            login_url: None,
            delete_rejected_cookies: false,
            forward_token: true,
        }
    }
}

impl AccessProfile {
    /// The demands that a gateway may state for a route.
    pub const DEMANDS: [&'static str; 7] =
        ["session", "roles", "min_assurance_level", "max_auth_age", "consistency", "activity", "tenant"];

    /// Sets one of [`AccessProfile::DEMANDS`] from text. An unknown one is a violation, so that a misspelt demand never
    /// goes unnoticed.
    pub fn set_demand(&mut self, name: &str, value: &str) -> Result<(), FieldViolation> {
        match name {
            "session" => {
                self.session = match value {
                    "required" => SessionRequirement::Required,
                    "optional" => SessionRequirement::Optional,
                    _ => return Err(FieldViolation::new("session", "is not `required` or `optional`")),
                }
            }
            "roles" => self.roles = value.split(',').map(|role| role.trim().to_owned()).collect(),
            "min_assurance_level" => {
                let level = value.parse().ok().filter(|level| check_assurance_level("", *level).is_ok());
                self.min_assurance_level =
                    level.ok_or_else(|| FieldViolation::new("min_assurance_level", "is not a number from 0 to 100"))?;
            }
            "max_auth_age" => {
                let age = parse_duration(value).filter(|age| !age.is_zero());
                let age = age.ok_or_else(|| FieldViolation::new("max_auth_age", "is not a duration such as `5m`"))?;
                self.max_auth_age = Some(age);
            }
            "consistency" => {
                self.strong = match value {
                    "bounded" => false,
                    "strong" => true,
                    _ => return Err(FieldViolation::new("consistency", "is not `bounded` or `strong`")),
                }
            }
            "activity" => {
                self.touch = match value {
                    "touch" => true,
                    "peek" => false,
                    _ => return Err(FieldViolation::new("activity", "is not `touch` or `peek`")),
                }
            }
            "tenant" => {
                let tenant = TenantId::new(value).ok().filter(|_| !value.is_empty());
                self.tenant = Some(tenant.ok_or_else(|| FieldViolation::new("tenant", "is not a tenant ID"))?);
            }
            _ => {
                let field = Cow::Owned(name.chars().filter(|c| !c.is_control()).take(64).collect());
                let description = format!(
                    "is not known; known are `profile` and {}",
                    Self::DEMANDS.map(|name| format!("`{name}`")).join(", ")
                );
                return Err(FieldViolation { field, description: description.into() });
            }
        }
        Ok(())
    }

    /// Requires that the demands go together.
    pub fn check(&self) -> Result<(), FieldViolation> {
        check_text_list("roles", &self.roles, MAX_ROLES, MAX_ROLE_BYTES)?;
        if self.session == SessionRequirement::Optional && !self.roles.is_empty() {
            return Err(FieldViolation::new("roles", "cannot be demanded while `session` is `optional`"));
        }
        if let Some(url) = &self.login_url {
            let is_target = url.starts_with('/') || url.starts_with("https://") || url.starts_with("http://");
            if !is_target || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(FieldViolation::new("login_url", "is not an http URL or a path"));
            }
        }
        Ok(())
    }

    /// Returns the tenants whose sessions count for a gateway that may reach `reachable`.
    #[must_use]
    pub fn tenants<'a>(&self, reachable: &'a TenantScope) -> Cow<'a, TenantScope> {
        match &self.tenant {
            None => Cow::Borrowed(reachable),
            Some(tenant) if reachable.allows(tenant.as_str()) => {
                Cow::Owned(TenantScope::Only(vec![tenant.as_str().to_owned()]))
            }
            Some(_) => Cow::Owned(TenantScope::Only(Vec::new())),
        }
    }

    /// Returns whether a session with `roles` has one that the route demands.
    #[must_use]
    pub(super) fn admits_roles(&self, roles: &[String]) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|role| roles.contains(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_demand_can_be_stated_and_nothing_else() {
        let mut profile = AccessProfile::default();
        for (name, value) in [
            ("roles", "admin, auditor"),
            ("min_assurance_level", "2"),
            ("max_auth_age", "5m"),
            ("consistency", "strong"),
            ("activity", "peek"),
            ("tenant", "acme"),
            ("session", "required"),
        ] {
            assert!(AccessProfile::DEMANDS.contains(&name));
            profile.set_demand(name, value).expect(name);
        }
        let expected = AccessProfile {
            roles: vec!["admin".to_owned(), "auditor".to_owned()],
            min_assurance_level: 2,
            max_auth_age: Some(Duration::from_mins(5)),
            strong: true,
            touch: false,
            tenant: TenantId::new("acme").ok(),
            ..AccessProfile::default()
        };
        assert_eq!(profile, expected);
        for (name, value) in [
            ("role", "admin"),
            ("", ""),
            ("Roles", "admin"),
            ("session", "Optional"),
            ("min_assurance_level", "-1"),
            ("min_assurance_level", "101"),
            ("max_auth_age", "0s"),
            ("max_auth_age", "300"),
            ("consistency", ""),
            ("activity", "none"),
            ("tenant", ""),
            ("tenant", "a\nb"),
        ] {
            let violation = AccessProfile::default().set_demand(name, value).expect_err(value);
            assert_eq!(violation.field, name, "{value}");
        }
    }

    #[test]
    fn demands_that_contradict_each_other_are_refused() {
        let optional = AccessProfile { session: SessionRequirement::Optional, ..AccessProfile::default() };
        assert!(optional.check().is_ok());
        let with_roles = AccessProfile { roles: vec!["admin".to_owned()], ..optional };
        assert_eq!(with_roles.check().expect_err("roles").field, "roles");
        let empty_role = AccessProfile { roles: vec![String::new()], ..AccessProfile::default() };
        assert!(empty_role.check().is_err());
        for (url, is_valid) in [("/login", true), ("https://example.com/login", true), ("javascript:x", false)] {
            let profile = AccessProfile { login_url: Some(url.to_owned()), ..AccessProfile::default() };
            assert_eq!(profile.check().is_ok(), is_valid, "{url}");
        }
    }

    #[test]
    fn a_tenant_narrows_what_the_gateway_may_reach_and_never_widens_it() {
        let profile = AccessProfile { tenant: TenantId::new("acme").ok(), ..AccessProfile::default() };
        let allows = |reachable: TenantScope, tenant: &str| profile.tenants(&reachable).allows(tenant);
        assert!(allows(TenantScope::All, "acme") && !allows(TenantScope::All, "globex"));
        let other = TenantScope::Only(vec!["globex".to_owned()]);
        assert!(!allows(other.clone(), "acme") && !allows(other, "globex"));
    }
}
