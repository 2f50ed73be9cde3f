//! Settings of the HTTP listener for gateways.

use std::net::SocketAddr;

use super::reader::SettingsReader;
use crate::loopback::is_loopback_address;

/// Settings of the HTTP listener. It has the limits of the gRPC listener, and its TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpConfig {
    /// `None`: HTTP is not served.
    pub listen: Option<SocketAddr>,
}

impl HttpConfig {
    /// Reads the section. `others` are the addresses of the other listeners, by setting.
    pub(super) fn read(r: &mut SettingsReader, others: [(&str, Option<SocketAddr>); 2], has_tls: bool) -> Self {
        let key = "http.listen";
        let listen = r.get_optional::<SocketAddr>(key);
        let Some(address) = listen else { return Self::default() };
        for (other, taken) in others {
            if address.port() != 0 && taken == Some(address) {
                r.add_problem(key, format!("is the same address as `{other}`; use a different port"));
            }
        }
        if !is_loopback_address(address.ip()) && !has_tls && !r.get_bool("server.allow_plaintext") {
            r.add_problem(
                key,
                "is not on loopback and TLS is not configured: set `tls.certificate_file` and `tls.key_file`, \
                 or `server.allow_plaintext = true` if the connection is encrypted by other means",
            );
        }
        if !is_loopback_address(address.ip()) && r.get_bool("callers.anonymous") {
            r.add_problem(
                "callers.anonymous",
                "is true and `http.listen` is not on loopback: every client could ask about tokens",
            );
        }
        Self { listen }
    }
}
