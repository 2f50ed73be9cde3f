//! Session tokens.

use std::fmt;

use zeroize::Zeroizing;

/// A session token: its holder is signed in. It does not show in the output of `Debug` or `Display`, and it is
/// erased from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Returns a token with this text, which need not be valid.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Zeroizing::new(token.into()))
    }

    /// Returns the token itself, to store it in a cookie. Do not log it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for SessionToken {
    fn from(token: String) -> Self {
        Self::new(token)
    }
}

impl From<&str> for SessionToken {
    fn from(token: &str) -> Self {
        Self::new(token)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(sa_…)")
    }
}

impl fmt::Display for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sa_…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_printed() {
        let token = SessionToken::new("sa_1_secret");
        for printed in [format!("{token}"), format!("{token:?}"), format!("{token:#?}"), format!("{:?}", Some(&token))]
        {
            assert!(!printed.contains("secret") && printed.contains("sa_…"), "{printed}");
        }
        assert_eq!(token.reveal(), "sa_1_secret");
    }
}
