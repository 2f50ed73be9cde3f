//! Detection of connections that leave this machine unencrypted.

use super::secret_url::SecretUrl;
use crate::loopback::is_loopback_host;

/// Values of `sslmode` that require TLS.
const ENCRYPTED_SSL_MODES: [&str; 3] = ["require", "verify-ca", "verify-full"];

/// Returns whether a host name or address is this machine, or the directory of a socket on it.
fn is_local(host: &str) -> bool {
    let is_socket = host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f");
    is_socket || is_loopback_host(host)
}

/// Returns whether the connection to Redis, or to a node of a Redis Cluster, leaves this machine without TLS.
pub(super) fn is_redis_plaintext_remote(url: &SecretUrl) -> bool {
    !url.scheme().starts_with("rediss") && !url.hosts().iter().all(|host| is_local(host))
}

/// Returns whether the connection to PostgreSQL leaves this machine and may be without TLS. By default the driver
/// continues without TLS if the server does not offer it, or if an attacker in between claims so.
pub(super) fn is_postgres_plaintext_remote(url: &SecretUrl) -> bool {
    let (mut host, mut is_encrypted) = (url.hosts().into_iter().find(|host| !host.is_empty()), false);
    for (name, value) in url.parameters() {
        match name.as_str() {
            "sslmode" | "ssl-mode" => is_encrypted = ENCRYPTED_SSL_MODES.contains(&value.to_ascii_lowercase().as_str()),
            "host" | "hostaddr" => host = Some(value),
            _ => {}
        }
    }
    !is_encrypted && !host.is_some_and(|host| is_local(&host))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn postgres(text: &str) -> bool {
        is_postgres_plaintext_remote(&SecretUrl::new(Url::parse(text).expect("a URL")))
    }

    #[test]
    fn a_postgresql_on_this_machine_or_under_tls_is_fine() {
        for url in [
            "postgres://u:p@127.0.0.1/db",
            "postgres://u:p@[::1]:5432/db",
            "postgres://localhost/db?sslmode=disable",
            "postgres://%2Frun%2Fpostgresql/db",
            "postgres:///db?host=/run/postgresql",
            "postgres://db.example.com/db?host=/run/postgresql",
            "postgres://db.example.com/db?sslmode=require",
            "postgres://db.example.com/db?sslmode=Verify-Full",
            "postgres://db.example.com/db?ssl-mode=verify-ca",
        ] {
            assert!(!postgres(url), "{url}");
        }
        for url in [
            "postgres://u:p@db.example.com/db",
            "postgres://u:p@db.example.com/db?sslmode=prefer",
            "postgres://u:p@db.example.com/db?sslmode=require&sslmode=disable",
            "postgres://127.0.0.1/db?host=db.example.com",
            "postgres://127.0.0.1/db?hostaddr=192.0.2.1",
            "postgres://127.0.0.1.example.com/db",
            "postgres://localhost.example.com/db",
        ] {
            assert!(postgres(url), "{url}");
        }
    }

    #[test]
    fn every_node_of_a_cluster_counts() {
        let redis = |first: &str, others: &str| {
            is_redis_plaintext_remote(&SecretUrl::with_other_hosts(
                Url::parse(first).expect("a URL"),
                others.to_owned(),
            ))
        };
        assert!(!redis("redis://127.0.0.1:6379", ""));
        assert!(!redis("redis+cluster://127.0.0.1:7000", ",localhost:7001,[::1]:7002"));
        assert!(redis("redis+cluster://127.0.0.1:7000", ",cache.example.com:7001"));
        assert!(redis("redis://u:p@cache:6379/0", ""));
        assert!(!redis("rediss://cache:6379", "") && !redis("rediss+cluster://cache", ",other"));
    }
}
