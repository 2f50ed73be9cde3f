use std::fmt;

use crate::domain::error::FieldViolation;

/// Maximum length of a name, in bytes.
const NAME_BYTES: usize = 64;

/// The name of an endpoint: 1 to 64 lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookName(String);

impl WebhookName {
    pub fn new(name: &str) -> Result<Self, FieldViolation> {
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() {
            return Err(FieldViolation::new("name", "is required"));
        }
        if name.len() > NAME_BYTES || !name.chars().all(is_letter) {
            let text = format!("must be 1 to {NAME_BYTES} lower-case letters, digits and hyphens");
            return Err(FieldViolation::new("name", text));
        }
        Ok(Self(name.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
