//! URLs that may hold a password.

use std::fmt;

use url::Url;

/// Stands in for what is not shown.
pub(super) const REDACTED: &str = "redacted";

/// A URL of a server. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Url);

impl SecretUrl {
    pub(super) const fn new(url: Url) -> Self {
        Self(url)
    }

    /// The whole of it, for the client that connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.scheme()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

/// `text` without a password that it may hold as a URL. What could hold one and cannot be taken apart
/// is not shown at all.
pub(super) fn redact(text: &str) -> String {
    match Url::parse(text) {
        _ if text.starts_with("sqlite:") => text.to_owned(),
        Ok(url) if url.has_host() => without_password(&url),
        Ok(_) | Err(_) if text.contains('@') || text.contains("password") => REDACTED.to_owned(),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

fn without_password(url: &Url) -> String {
    let is_secret = |name: &str| name.to_ascii_lowercase().contains("password");
    let has_secret = url.query_pairs().any(|(name, _)| is_secret(&name));
    if url.password().is_none() && !has_secret {
        return url.to_string();
    }
    let mut url = url.clone();
    if url.password().is_some() && url.set_password(Some(REDACTED)).is_err() {
        return REDACTED.to_owned();
    }
    if has_secret {
        let shown: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let value = if is_secret(&name) { REDACTED.to_owned() } else { value.into_owned() };
                (name.into_owned(), value)
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(shown);
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown_wherever_it_stands() {
        let cases = [
            ("redis://user:hunter2@host:6379/0", "redis://user:redacted@host:6379/0"),
            ("redis://:hunter2@host", "redis://:redacted@host"),
            ("postgres://host/db?user=u&password=hunter2", "postgres://host/db?user=u&password=redacted"),
            ("redis://host/1", "redis://host/1"),
            ("sqlite://data/sessions.db", "sqlite://data/sessions.db"),
            ("redis://user:hun/ter2@ho st", REDACTED),
            ("user:hunter2@host", REDACTED),
            ("//user:hunter2@host", REDACTED),
            ("none", "none"),
        ];
        for (text, shown) in cases {
            assert_eq!(redact(text), shown, "{text}");
        }
    }
}
