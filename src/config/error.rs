//! What is wrong with a configuration.

use std::fmt;

use super::sources::SettingOrigin;

/// One setting that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting: `store.url`. The name of the file, where that is wrong as a whole.
    pub key: String,
    /// Completes the sentence that begins with the key. Never repeats a secret.
    pub reason: String,
    /// The layer that gave the value; `None` where none did.
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

/// "`store.url`: names no host (flag --store)".
impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.reason)?;
        match &self.origin {
            None | Some(SettingOrigin::Default | SettingOrigin::Development) => Ok(()),
            Some(origin) => write!(f, " ({origin})"),
        }
    }
}

/// Everything that is wrong with a configuration, so that it can be mended in one go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(Vec<ConfigProblem>);

impl ConfigError {
    /// `Ok` when nothing is wrong.
    pub(super) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// At least one.
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

/// One line a problem.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            let line_break = if i == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        Ok(())
    }
}
