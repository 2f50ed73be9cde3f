//! The parts of a URL that names an engine.

use std::path::PathBuf;

use url::Url;

use super::secret_url::{SecretUrl, split_hosts};

/// What stands before the first colon.
pub(super) fn scheme(url: &str) -> &str {
    url.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// The URL of a server by name or address, or by the parameter `host`, which is how PostgreSQL names a
/// socket. Errors do not repeat it, as it may hold a password.
pub(super) fn server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("is not a URL: {error} (does the password need percent-encoding?)"))?;
    let by_parameter = url.scheme().starts_with("postgres")
        && url.query_pairs().any(|(name, value)| name == "host" && !value.is_empty());
    if url.host_str().is_none_or(str::is_empty) && !by_parameter {
        return Err("names no host".to_owned());
    }
    Ok(url)
}

/// The URL of a Redis Cluster: some of its nodes, separated by commas, with one user for all of them. What looks like a
/// host may be a part of a password that is not in percent-encoding: errors count hosts and do not repeat them.
pub(super) fn cluster_url(text: &str) -> Result<SecretUrl, String> {
    let (_, rest) = text.split_once("://").unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if path.contains('@') {
        return Err("has an @ after the hosts; does the password need percent-encoding?".to_owned());
    }
    if authority.matches('@').count() > 1 {
        return Err("has more than one @; one user stands before the first host, with a password in \
                    percent-encoding"
            .to_owned());
    }
    let name = authority.split_once('@').and_then(|(user, _)| user.split(':').next());
    if name.is_some_and(|name| name.contains(',')) {
        return Err("has a comma in the name of the user, who stands before the first host".to_owned());
    }
    let (first, others) = split_hosts(text);
    let url = server_url(&first)?;
    for (number, host) in (2..).zip(others.split(',').skip(1)) {
        let node =
            server_url(&format!("redis+cluster://{host}")).map_err(|reason| format!("host {number}: {reason}"))?;
        if !node.username().is_empty() || !matches!(node.path(), "" | "/") {
            return Err(format!("host {number} holds more than a host and a port"));
        }
    }
    if !matches!(url.path(), "" | "/" | "/0") {
        return Err("has a database; a Cluster has only 0".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has parameters or a fragment; nodes and a user are all that is taken".to_owned());
    }
    Ok(SecretUrl::with_other_hosts(url, others))
}

/// The file of a `sqlite:` URL: what comes after `sqlite://`, as it stands.
pub(super) fn sqlite_file(text: &str) -> Result<PathBuf, String> {
    let rest = text.trim_start_matches("sqlite:");
    let file = rest.strip_prefix("//").unwrap_or(rest);
    if file.is_empty() || file.ends_with('/') {
        return Err("names no file: sqlite://sessions.db or sqlite:///var/lib/sessions.db".to_owned());
    }
    if file.contains(":memory:") {
        return Err("is in memory and would be gone with the process; name a file".to_owned());
    }
    if file.contains('?') {
        return Err("has parameters; a file is all that is taken".to_owned());
    }
    Ok(file.into())
}
