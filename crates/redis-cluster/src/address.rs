//! Server addresses and logins.

use std::{
    fmt,
    sync::{PoisonError, RwLock},
};

use redis::{Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError, RedisResult};

use crate::tls_credentials::TlsCredentials;

/// The host and port at which clients reach a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
}

/// A parsed URL. `redis://` and `rediss://` name one server. `redis+cluster://` and `rediss+cluster://` name some
/// nodes of a Cluster, separated by commas, with one user for all of them.
pub(crate) struct RedisAddress {
    /// The login of new connections, addressed to the first of `seeds`.
    login: RwLock<ConnectionInfo>,
    pub(crate) seeds: Vec<Endpoint>,
    pub(crate) is_cluster: bool,
}

impl RedisAddress {
    /// Parses a URL. Only connections over TLS can have credentials other than the default.
    pub(crate) fn parse(url: &str, tls: TlsCredentials<'_>) -> RedisResult<Self> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let Some(scheme) = scheme.strip_suffix("+cluster") else {
            let login = parse_login(url, tls)?;
            let seeds = vec![endpoint_from(login.addr())];
            return Ok(Self { login: RwLock::new(login), seeds, is_cluster: false });
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = authority.rsplit_once('@').unzip();
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let mut logins = hosts
            .unwrap_or(authority)
            .split(',')
            .map(|host| parse_login(&format!("{scheme}://{user}{host}{path}"), tls))
            .collect::<RedisResult<Vec<_>>>()?;
        let seeds = logins.iter().map(|login| endpoint_from(login.addr())).collect();
        let login = logins.swap_remove(0);
        if login.redis_settings().db() != 0 {
            return Err(RedisError::from((ErrorKind::InvalidClientConfig, "a Cluster has one database, 0")));
        }
        Ok(Self { login: RwLock::new(login), seeds, is_cluster: true })
    }

    /// Returns whether connections cross the network without TLS.
    pub(crate) fn is_plaintext(&self) -> bool {
        matches!(self.login().addr(), ConnectionAddr::Tcp(..))
    }

    /// Replaces the TLS credentials of new connections. Fails, without an effect, if they cannot be used.
    pub(crate) fn replace_tls(&self, tls: TlsCredentials<'_>) -> RedisResult<()> {
        let login = with_tls(self.login(), tls)?;
        *self.login.write().unwrap_or_else(PoisonError::into_inner) = login;
        Ok(())
    }

    /// Returns the login at a server.
    pub(crate) fn login_at(&self, server: &Endpoint) -> ConnectionInfo {
        let (host, port) = (server.host.clone(), server.port);
        let login = self.login();
        let address = match login.addr() {
            ConnectionAddr::Tcp(..) => ConnectionAddr::Tcp(host, port),
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            other => other.clone(),
        };
        login.set_addr(address)
    }

    fn login(&self) -> ConnectionInfo {
        self.login.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn parse_login(url: &str, tls: TlsCredentials<'_>) -> RedisResult<ConnectionInfo> {
    let login = url.into_connection_info()?;
    if tls.are_default() { Ok(login) } else { with_tls(login, tls) }
}

fn with_tls(login: ConnectionInfo, tls: TlsCredentials<'_>) -> RedisResult<ConnectionInfo> {
    Ok(Client::build_with_tls(login, tls.to_certificates())?.get_connection_info().clone())
}

fn endpoint_from(address: &ConnectionAddr) -> Endpoint {
    match address {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            Endpoint { host: host.clone(), port: *port }
        }
        other => Endpoint { host: other.to_string(), port: 0 },
    }
}

impl Endpoint {
    /// Parses the address `host:port` that the node `by` announces for another node. An empty host stands for the host
    /// of `by`. Returns `None` for an unusable address, such as `?` for a hostname that the node has not been given.
    pub(crate) fn parse_announced(text: &str, by: &Self) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Self::from_announced(host, port.parse().ok()?, by)
    }

    /// Does the same as [`parse_announced`](Self::parse_announced) for a host and a port.
    pub(crate) fn from_announced(host: &str, port: u16, by: &Self) -> Option<Self> {
        let host = match host {
            "?" => return None,
            "" => by.host.clone(),
            host => host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        };
        Some(Self { host, port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls_credentials::ClientKeyPair;

    fn seeds(url: &str) -> Vec<String> {
        RedisAddress::parse(url, TlsCredentials::default()).expect(url).seeds.iter().map(Endpoint::to_string).collect()
    }

    #[test]
    fn a_cluster_is_named_by_some_of_its_nodes() {
        let url = "rediss+cluster://me:p%40ss@a:7000,[::1]:7001,c/0";
        let address = RedisAddress::parse(url, TlsCredentials::default()).expect("an address");
        assert!(address.is_cluster);
        assert_eq!(address.login().redis_settings().password(), Some("p@ss"));
        let elsewhere = address.login_at(&Endpoint { host: "d".into(), port: 1 });
        assert!(matches!(elsewhere.addr(), ConnectionAddr::TcpTls { host, port: 1, .. } if host == "d"));
        assert_eq!(elsewhere.redis_settings().username(), Some("me"));
        assert_eq!(seeds("redis+cluster://a:7000,[::1]:7001,c"), ["a:7000", "::1:7001", "c:6379"]);
    }

    #[test]
    fn one_server_is_not_a_cluster() {
        let address = RedisAddress::parse("redis://me:secret@a/1", TlsCredentials::default()).expect("an address");
        assert!(!address.is_cluster);
        assert_eq!(address.seeds[0].to_string(), "a:6379");
    }

    #[test]
    fn a_cluster_url_that_is_none_is_refused() {
        for url in ["redis+cluster://", "redis+cluster://a:1,,b:2", "redis+cluster://a:1,b:x", "redis+cluster://a/1"] {
            assert!(RedisAddress::parse(url, TlsCredentials::default()).is_err(), "{url}");
        }
    }

    #[test]
    fn credentials_that_cannot_be_used_change_nothing() {
        let address = RedisAddress::parse("rediss://a", TlsCredentials::default()).expect("an address");
        let before = format!("{:?}", address.login());
        let unusable =
            TlsCredentials { client: Some(ClientKeyPair { certificate: "", key: "none" }), authorities: None };
        address.replace_tls(unusable).expect_err("no key");
        assert_eq!(format!("{:?}", address.login()), before);
        let plaintext = RedisAddress::parse("redis://a", TlsCredentials::default()).expect("an address");
        plaintext.replace_tls(TlsCredentials::default()).expect_err("no TLS");
    }

    #[test]
    fn a_node_announces_where_another_is() {
        let by = Endpoint { host: "10.0.0.1".into(), port: 6379 };
        let parse = |text| Endpoint::parse_announced(text, &by).map(|endpoint| (endpoint.host, endpoint.port));
        assert_eq!(parse("10.0.0.2:6380"), Some(("10.0.0.2".into(), 6380)));
        assert_eq!(parse("node-b.example:6380"), Some(("node-b.example".into(), 6380)));
        assert_eq!(parse("::1:6380"), Some(("::1".into(), 6380)));
        assert_eq!(parse(":6380"), Some(("10.0.0.1".into(), 6380)));
        for nowhere in ["?:6380", "a", "a:", "a:70000", ""] {
            assert_eq!(parse(nowhere), None, "{nowhere}");
        }
    }
}
