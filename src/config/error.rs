//! What is wrong with a configuration.

use std::fmt;

use super::sources::Origin;

/// One setting that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting: `store.url`. The name of the file, where that is wrong as a whole.
    pub key: String,
    /// Completes the sentence that begins with the key. Never repeats a secret.
    pub reason: String,
    /// The layer that gave the value; `None` where none did.
    pub origin: Option<Origin>,
}

impl Problem {
    pub(super) fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into(), origin: None }
    }

    pub(super) fn given_by(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

/// "`store.url`: names no host (flag --store)".
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.reason)?;
        match &self.origin {
            None | Some(Origin::Default | Origin::Development) => Ok(()),
            Some(origin) => write!(f, " ({origin})"),
        }
    }
}

/// Everything that is wrong with a configuration, so that it can be mended in one go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(Vec<Problem>);

impl ConfigError {
    /// `Ok` when nothing is wrong.
    pub(super) fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// At least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
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
