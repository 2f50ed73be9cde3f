//! Server addresses and logins.

use std::{fmt, net::IpAddr};

use redis::{
    Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError, RedisResult, TlsCertificates,
};

/// The host and port at which clients reach a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
}

/// A parsed URL. `redis://` and `rediss://` name one server. `redis+cluster://` and `rediss+cluster://` name some
/// nodes of a Cluster, separated by commas, with one user for all of them.
pub(crate) struct RedisAddress {
    /// The login, addressed to the first of `seeds`.
    login: ConnectionInfo,
    pub(crate) seeds: Vec<Endpoint>,
    pub(crate) is_cluster: bool,
}

impl RedisAddress {
    /// Parses a URL. `ca` holds the authorities that the servers' certificates are checked against; `None`: the
    /// public ones.
    pub(crate) fn parse(url: &str, ca: Option<&str>) -> RedisResult<Self> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let Some(scheme) = scheme.strip_suffix("+cluster") else {
            let login = parse_login(url, ca)?;
            return Ok(Self { seeds: vec![endpoint_from(login.addr())], login, is_cluster: false });
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = authority.rsplit_once('@').unzip();
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let mut logins = hosts
            .unwrap_or(authority)
            .split(',')
            .map(|host| parse_login(&format!("{scheme}://{user}{host}{path}"), ca))
            .collect::<RedisResult<Vec<_>>>()?;
        let seeds = logins.iter().map(|login| endpoint_from(login.addr())).collect();
        let login = logins.swap_remove(0);
        if login.redis_settings().db() != 0 {
            return Err(RedisError::from((ErrorKind::InvalidClientConfig, "a Cluster has one database, 0")));
        }
        Ok(Self { login, seeds, is_cluster: true })
    }

    /// Returns whether connections cross the network without TLS.
    pub(crate) fn is_plaintext(&self) -> bool {
        matches!(self.login.addr(), ConnectionAddr::Tcp(..))
    }

    /// Returns the same login for another server.
    pub(crate) fn login_at(&self, server: &Endpoint) -> ConnectionInfo {
        let (host, port) = (server.host.clone(), server.port);
        let address = match self.login.addr() {
            ConnectionAddr::Tcp(..) => ConnectionAddr::Tcp(host, port),
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            other => other.clone(),
        };
        self.login.clone().set_addr(address)
    }
}

fn parse_login(url: &str, ca: Option<&str>) -> RedisResult<ConnectionInfo> {
    let Some(ca) = ca else { return url.into_connection_info() };
    let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca.as_bytes().to_vec()) };
    Ok(Client::build_with_tls(url, certificates)?.get_connection_info().clone())
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
    /// Returns whether the server is on this machine, by its address or as `localhost`.
    pub(crate) fn is_loopback(&self) -> bool {
        let address: Option<IpAddr> = self.host.parse().ok();
        self.host.eq_ignore_ascii_case("localhost") || address.is_some_and(|ip| ip.to_canonical().is_loopback())
    }

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

    fn seeds(url: &str) -> Vec<String> {
        RedisAddress::parse(url, None).expect(url).seeds.iter().map(Endpoint::to_string).collect()
    }

    #[test]
    fn a_cluster_is_named_by_some_of_its_nodes() {
        let address =
            RedisAddress::parse("rediss+cluster://me:p%40ss@a:7000,[::1]:7001,c/0", None).expect("an address");
        assert!(address.is_cluster);
        assert_eq!(address.login.redis_settings().password(), Some("p@ss"));
        let elsewhere = address.login_at(&Endpoint { host: "d".into(), port: 1 });
        assert!(matches!(elsewhere.addr(), ConnectionAddr::TcpTls { host, port: 1, .. } if host == "d"));
        assert_eq!(elsewhere.redis_settings().username(), Some("me"));
        assert_eq!(seeds("redis+cluster://a:7000,[::1]:7001,c"), ["a:7000", "::1:7001", "c:6379"]);
    }

    #[test]
    fn one_server_is_not_a_cluster() {
        let address = RedisAddress::parse("redis://me:secret@a/1", None).expect("an address");
        assert!(!address.is_cluster);
        assert_eq!(address.seeds[0].to_string(), "a:6379");
    }

    #[test]
    fn a_cluster_url_that_is_none_is_refused() {
        for url in ["redis+cluster://", "redis+cluster://a:1,,b:2", "redis+cluster://a:1,b:x", "redis+cluster://a/1"] {
            assert!(RedisAddress::parse(url, None).is_err(), "{url}");
        }
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
