//! Text that a client or a caller chose.

use std::fmt;

use crate::untrusted_text::escape;

/// Untrusted text. It is displayed without characters that are invisible or reorder the text around them; the template
/// escapes markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UntrustedText(String);

impl UntrustedText {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for UntrustedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.0))
    }
}

impl From<&str> for UntrustedText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for UntrustedText {
    fn from(text: String) -> Self {
        Self(text)
    }
}
