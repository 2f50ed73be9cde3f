//! Errors in a configuration.

use std::fmt;

use super::sources::SettingOrigin;

/// A problem with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, such as `store.url`, or the name of a file that is unusable as a whole.
    pub key: String,
    /// The rest of the sentence that begins with the key. It never repeats a secret.
    pub reason: String,
    /// The layer that set the value; `None` if no layer did.
    pub origin: Option<SettingOrigin>,
}

impl ConfigProblem {
    pub(super) fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into(), origin: None }
    }

    pub(super) fn with_origin(mut self, origin: &SettingOrigin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

/// Formats the problem as "`store.url`: has no host (flag --store)".
impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.reason)?;
        match &self.origin {
            None | Some(SettingOrigin::Default | SettingOrigin::Development) => Ok(()),
            Some(origin) => write!(f, " ({origin})"),
        }
    }
}

/// The problems of a configuration, so that they can be fixed together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(Vec<ConfigProblem>);

impl ConfigError {
    /// Returns `Ok` if there are no problems.
    pub(super) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// Returns the problems, at least one.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.0
    }
}

impl From<ConfigProblem> for ConfigError {
    fn from(problem: ConfigProblem) -> Self {
        Self(vec![problem])
    }
}

/// Formats the problems with one line each.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            let line_break = if i == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        Ok(())
    }
}
