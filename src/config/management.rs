//! The listener of probes and metrics.

use std::net::SocketAddr;

use super::{reader::Reader, server::is_loopback};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Management {
    pub listen: SocketAddr,
    /// Whether `/metrics` takes an API key of role `metrics` or `admin`. Probes never take one.
    pub metrics_need_key: bool,
}

impl Management {
    /// `grpc`: the address of `listen`, which must be another one.
    pub(super) fn read(r: &mut Reader, grpc: SocketAddr) -> Option<Self> {
        let listen: Option<SocketAddr> = r.get("management.listen");
        let anonymous = r.flag("management.anonymous");
        if listen.is_some_and(|listen| listen.port() != 0 && listen == grpc) {
            r.refuse("management.listen", "is the address of `listen`; each needs a port of its own");
        }
        listen.map(|listen| Self { listen, metrics_need_key: !anonymous && !is_loopback(listen) })
    }
}
