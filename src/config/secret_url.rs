//! URLs that may hold a password.

use std::{fmt, ops::Range};

use url::Url;

/// Stands in for what is not shown.
pub(super) const REDACTED: &str = "redacted";

/// A URL of a server, or of several that share a user. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl {
    /// With the first server.
    url: Url,
    /// The others, each with a comma before it.
    other_hosts: String,
}

impl SecretUrl {
    pub(super) const fn new(url: Url) -> Self {
        Self { url, other_hosts: String::new() }
    }

    /// `others` as [`split_hosts`] takes them out.
    pub(super) const fn with_other_hosts(url: Url, others: String) -> Self {
        Self { url, other_hosts: others }
    }

    /// The whole of it, for the client that connects.
    #[must_use]
    pub fn expose(&self) -> String {
        join_hosts(self.url.as_str(), &self.other_hosts)
    }

    #[must_use]
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The hosts as they stand, without ports. The first one is empty where it is named by a parameter.
    pub(super) fn hosts(&self) -> Vec<String> {
        let first = self.url.host_str().unwrap_or_default().to_owned();
        let others = self.other_hosts.split(',').skip(1).map(|other| {
            let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
            other.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(other, |(host, _)| host).to_owned()
        });
        std::iter::once(first).chain(others).collect()
    }

    /// The parameters behind the question mark, decoded.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        self.url.query_pairs().into_owned().collect()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join_hosts(&without_password(&self.url), &self.other_hosts))
    }
}

/// A URL of several servers as the URL of the first one, and the others as they stand, each with its comma.
pub(super) fn split_hosts(text: &str) -> (String, String) {
    let hosts = host_range(text);
    let others = text[hosts.clone()].find(',').map_or(hosts.end, |comma| hosts.start + comma)..hosts.end;
    (format!("{}{}", &text[..others.start], &text[others.end..]), text[others].to_owned())
}

/// The inverse of [`split_hosts`].
fn join_hosts(url: &str, others: &str) -> String {
    let (first, path) = url.split_at(host_range(url).end);
    format!("{first}{others}{path}")
}

/// Where the hosts stand: after the user, before the path.
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

/// `text` without a password that it may hold as a URL. What could hold one and cannot be taken apart
/// is not shown at all.
pub(super) fn redact(text: &str) -> String {
    let (first, others) = split_hosts(text);
    match Url::parse(&first) {
        _ if text.starts_with("sqlite:") => text.to_owned(),
        // A password in a place where none belongs.
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
