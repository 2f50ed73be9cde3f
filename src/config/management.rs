//! Settings of the listener for probes and metrics.

use std::{net::SocketAddr, time::Duration};

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};
use crate::loopback::is_loopback_address;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagementConfig {
    pub listen: SocketAddr,
    /// Serves TLS with the certificate of the gRPC listener.
    pub tls: bool,
    /// Requires a caller of role `metrics` or `admin` for `/metrics` and the details of `/readyz`. Probes need no
    /// credential.
    pub metrics_require_key: bool,
    pub max_connections: usize,
    /// Maximum time from one response on a connection to the next.
    pub request_timeout: Duration,
}

impl ManagementConfig {
    /// Reads the section. `grpc` is the address of `listen`, which must be a different one, and `has_certificate`
    /// states whether a certificate is configured.
    pub(super) fn read(r: &mut SettingsReader, grpc: SocketAddr, has_certificate: bool) -> Option<Self> {
        let listen: Option<SocketAddr> = r.get("management.listen");
        let anonymous = r.get_bool("management.anonymous");
        let tls = r.get_bool("management.tls");
        let allow_plaintext = r.get_bool("management.allow_plaintext");
        if tls && !has_certificate {
            r.add_problem("management.tls", "requires `tls.certificate_file` and `tls.key_file`");
        }
        if listen.is_some_and(|listen| !is_loopback_address(listen.ip())) && !tls && !allow_plaintext {
            r.add_problem(
                "management.listen",
                "is not on loopback and TLS is not configured: set `management.tls = true`, or \
                 `management.allow_plaintext = true` if the connection is encrypted by other means",
            );
        }
        if listen.is_some_and(|listen| listen.port() != 0 && listen == grpc) {
            r.add_problem("management.listen", "is the same address as `listen`; use a different port");
        }
        let max_connections = r.get_in_range("management.max_connections", 1..=10_000);
        let request_timeout = r.get_in_range("management.request_timeout", millis(100)..=secs(600));
        listen.map(|listen| Self {
            listen,
            tls,
            metrics_require_key: !anonymous && !is_loopback_address(listen.ip()),
            max_connections,
            request_timeout,
        })
    }
}
