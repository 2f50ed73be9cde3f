//! URLs of database engines.

use std::path::PathBuf;

use url::Url;

use super::secret_url::{SecretUrl, split_hosts};

/// Returns the part before the first colon.
pub(super) fn scheme(url: &str) -> &str {
    url.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// Parses the URL of a server. The host is a name, an address, or the parameter `host`, by which PostgreSQL names a
/// socket. Errors do not repeat the URL, as it may contain a password.
pub(super) fn server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("is not a URL: {error} (does the password need percent-encoding?)"))?;
    let by_parameter = url.scheme().starts_with("postgres")
        && url.query_pairs().any(|(name, value)| name == "host" && !value.is_empty());
    if url.host_str().is_none_or(str::is_empty) && !by_parameter {
        return Err("has no host".to_owned());
    }
    Ok(url)
}

/// Parses the URL of a Redis Cluster: some of its nodes, separated by commas, with one user for all of them. A part
/// that looks like a host may belong to a password without percent-encoding; therefore errors number the hosts instead
/// of repeating them.
pub(super) fn cluster_url(text: &str) -> Result<SecretUrl, String> {
    let (_, rest) = text.split_once("://").unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if path.contains('@') {
        return Err("has an @ after the hosts; does the password need percent-encoding?".to_owned());
    }
    if authority.matches('@').count() > 1 {
        return Err("has more than one @; only one user is allowed, before the first host, with a percent-encoded \
                    password"
            .to_owned());
    }
    let name = authority.split_once('@').and_then(|(user, _)| user.split(':').next());
    if name.is_some_and(|name| name.contains(',')) {
        return Err("has a comma in the user name, which must stand before the first host".to_owned());
    }
    let (first, others) = split_hosts(text);
    let url = server_url(&first)?;
    for (number, host) in (2..).zip(others.split(',').skip(1)) {
        let node =
            server_url(&format!("redis+cluster://{host}")).map_err(|reason| format!("host {number}: {reason}"))?;
        if !node.username().is_empty() || !matches!(node.path(), "" | "/") {
            return Err(format!("host {number} has more than a host and a port"));
        }
    }
    if !matches!(url.path(), "" | "/" | "/0") {
        return Err("selects a database; Redis Cluster only has database 0".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has parameters or a fragment, which are not supported".to_owned());
    }
    Ok(SecretUrl::with_other_hosts(url, others))
}

/// Returns the file of a `sqlite:` URL: the text after `sqlite://`, unchanged.
pub(super) fn sqlite_file(text: &str) -> Result<PathBuf, String> {
    let rest = text.trim_start_matches("sqlite:");
    let file = rest.strip_prefix("//").unwrap_or(rest);
    if file.is_empty() || file.ends_with('/') {
        return Err("has no file: sqlite://sessions.db or sqlite:///var/lib/sessions.db".to_owned());
    }
    if file.contains(":memory:") {
        return Err("is an in-memory database and would not persist; use a file".to_owned());
    }
    if file.contains('?') {
        return Err("has parameters, which are not supported".to_owned());
    }
    Ok(file.into())
}
