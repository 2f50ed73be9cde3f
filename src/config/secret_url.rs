//! URLs that may contain a password.

use std::{fmt, ops::Range};

use url::Url;

/// The placeholder for hidden values.
pub(super) const REDACTED: &str = "redacted";

/// The URL of a server, or of several servers that share a user. It is displayed without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl {
    /// The URL with the first server only.
    url: Url,
    /// The other servers, each with a comma before it.
    other_hosts: String,
}

impl SecretUrl {
    pub(super) const fn new(url: Url) -> Self {
        Self { url, other_hosts: String::new() }
    }

    /// Creates a URL with `others` in the form that [`split_hosts`] returns.
    pub(super) const fn with_other_hosts(url: Url, others: String) -> Self {
        Self { url, other_hosts: others }
    }

    /// Returns the complete URL with its password, for the client that connects.
    #[must_use]
    pub fn expose(&self) -> String {
        join_hosts(self.url.as_str(), &self.other_hosts)
    }

    #[must_use]
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// Returns the hosts unchanged, without ports. The first one is empty if a parameter names it.
    pub(super) fn hosts(&self) -> Vec<String> {
        let first = self.url.host_str().unwrap_or_default().to_owned();
        let others = self.other_hosts.split(',').skip(1).map(|other| {
            let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
            other.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(other, |(host, _)| host).to_owned()
        });
        std::iter::once(first).chain(others).collect()
    }

    /// Returns the decoded parameters of the query.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        self.url.query_pairs().into_owned().collect()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join_hosts(&without_password(&self.url), &self.other_hosts))
    }
}

/// Splits the URL of several servers into the URL of the first one and the other hosts, each with its comma.
pub(super) fn split_hosts(text: &str) -> (String, String) {
    let hosts = host_range(text);
    let others = text[hosts.clone()].find(',').map_or(hosts.end, |comma| hosts.start + comma)..hosts.end;
    (format!("{}{}", &text[..others.start], &text[others.end..]), text[others].to_owned())
}

/// Inverts [`split_hosts`].
fn join_hosts(url: &str, others: &str) -> String {
    let (first, path) = url.split_at(host_range(url).end);
    format!("{first}{others}{path}")
}

/// Returns the range of the hosts, after the user and before the path.
fn host_range(url: &str) -> Range<usize> {
    let begin = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |path| begin + path);
    let begin = url[begin..end].rfind('@').map_or(begin, |user| begin + user + 1);
    begin..end
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

/// Returns the URL `text` without its password. A text that may contain a password and cannot be parsed is replaced as
/// a whole.
pub(super) fn redact(text: &str) -> String {
    let (first, others) = split_hosts(text);
    match Url::parse(&first) {
        _ if text.starts_with("sqlite:") => text.to_owned(),
        // A password in the wrong place.
        Ok(_) if !others.is_empty() && text[host_range(text).end..].contains('@') => REDACTED.to_owned(),
        Ok(url) if url.has_host() => join_hosts(&without_password(&url), &others),
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
            ("redis+cluster://u:hunter2@a:1,[::1]:2,c/", "redis+cluster://u:redacted@a:1,[::1]:2,c/"),
            ("redis+cluster://u:hun,ter2@a:1,b", "redis+cluster://u:redacted@a:1,b"),
            ("redis+cluster://u:hun/ter2@a:1,b", REDACTED),
            ("redis+cluster://a,u:hun/ter2@b", REDACTED),
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
