//! Settings of the listener for probes and metrics.

use std::{net::SocketAddr, time::Duration};

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
    server::is_loopback,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagementConfig {
    pub listen: SocketAddr,
    /// Requires an API key of role `metrics` or `admin` for `/metrics` and the details of `/readyz`. Probes need no
    /// key.
    pub metrics_require_key: bool,
    pub max_connections: usize,
    /// Maximum time from one response on a connection to the next.
    pub request_timeout: Duration,
}

impl ManagementConfig {
    /// Reads the section. `grpc` is the address of `listen`, which must be a different one.
    pub(super) fn read(r: &mut SettingsReader, grpc: SocketAddr) -> Option<Self> {
        let listen: Option<SocketAddr> = r.get("management.listen");
        let anonymous = r.get_bool("management.anonymous");
        if listen.is_some_and(|listen| listen.port() != 0 && listen == grpc) {
            r.add_problem("management.listen", "is the same address as `listen`; use a different port");
        }
        let max_connections = r.get_in_range("management.max_connections", 1..=10_000);
        let request_timeout = r.get_in_range("management.request_timeout", millis(100)..=secs(600));
        listen.map(|listen| Self {
            listen,
            metrics_require_key: !anonymous && !is_loopback(listen),
            max_connections,
            request_timeout,
        })
    }
}
