//! Requirements on a session.

use std::time::Duration;

use crate::{Validation, api::Session};

/// The requirements of a path or a method on the session, beyond that it is active.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    any_role: Vec<String>,
    max_auth_age: Option<Duration>,
    min_assurance_level: u32,
}

impl Requirements {
    /// The session must have one of these roles. Without this call, any roles will do.
    #[must_use]
    pub fn any_role(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.any_role.extend(roles.into_iter().map(Into::into));
        self
    }

    /// The user must have authenticated within this time.
    #[must_use]
    pub const fn max_auth_age(mut self, age: Duration) -> Self {
        self.max_auth_age = Some(age);
        self
    }

    /// The user must have authenticated with at least this assurance level.
    #[must_use]
    pub const fn min_assurance_level(mut self, level: u32) -> Self {
        self.min_assurance_level = level;
        self
    }

    pub(super) fn apply(&self, validation: Validation) -> Validation {
        let validation = validation.min_assurance_level(self.min_assurance_level);
        self.max_auth_age.into_iter().fold(validation, Validation::max_auth_age)
    }

    pub(super) fn admit_roles(&self, session: &Session) -> bool {
        self.any_role.is_empty() || self.any_role.iter().any(|role| session.roles.contains(role))
    }
}
