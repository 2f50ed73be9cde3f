//! Settings of the HTTP listener.

use std::{net::SocketAddr, time::Duration};

use url::Url;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};
use crate::{domain::limits::MAX_ASSURANCE_LEVEL, gateway::ClientAddressSource, loopback::is_loopback_address};

/// Settings of the HTTP listener. It has the limits of the gRPC listener, and its TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// `None`: HTTP is not served.
    pub listen: Option<SocketAddr>,
    /// The source of the address of a browser.
    pub client_address: ClientAddressSource,
    /// Other sites whose pages may send requests that change something with the user's cookie.
    pub trusted_origins: Vec<String>,
    pub user_sessions: UserSessionsConfig,
}

/// Settings of the requests of signed-in users about their own sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserSessionsConfig {
    pub enabled: bool,
    /// The demands on the sign-in of a user who ends another session than the current one.
    pub max_auth_age: Option<Duration>,
    pub min_assurance_level: u32,
    /// The requests of one user in a second; 0: no limit.
    pub rate: u32,
    /// The time for which a user who made no requests may make them in advance.
    pub burst: Duration,
}

impl HttpConfig {
    /// Reads the section. `others` are the addresses of the other listeners, by setting.
    pub(super) fn read(r: &mut SettingsReader, others: [(&str, Option<SocketAddr>); 2], has_tls: bool) -> Self {
        let key = "http.listen";
        let listen = r.get_optional::<SocketAddr>(key);
        for (other, taken) in others {
            if listen.is_some_and(|address| address.port() != 0) && taken == listen {
                r.add_problem(key, format!("is the same address as `{other}`; use a different port"));
            }
        }
        if listen.is_some_and(|address| !is_loopback_address(address.ip())) {
            if !has_tls && !r.get_bool("server.allow_plaintext") {
                r.add_problem(
                    key,
                    "is not on loopback and TLS is not configured: set `tls.certificate_file` and `tls.key_file`, \
                     or `server.allow_plaintext = true` if the connection is encrypted by other means",
                );
            }
            if r.get_bool("callers.anonymous") {
                r.add_problem(
                    "callers.anonymous",
                    "is true and `http.listen` is not on loopback: every client could ask about tokens",
                );
            }
        }
        Self {
            listen,
            client_address: ClientAddressSource::from_position(r.get_in_range("http.client_position", 0..=16)),
            trusted_origins: read_origins(r),
            user_sessions: UserSessionsConfig::read(r),
        }
    }
}

impl UserSessionsConfig {
    fn read(r: &mut SettingsReader) -> Self {
        let key = "http.user_sessions.max_auth_age";
        let max_auth_age = r.get_optional::<Duration>(key);
        if max_auth_age.is_some_and(|age| !(secs(60)..=secs(2_592_000)).contains(&age)) {
            r.add_problem(key, "must be 1m to 30d, or empty");
        }
        Self {
            enabled: r.get_bool("http.user_sessions.enabled"),
            max_auth_age,
            min_assurance_level: r.get_in_range("http.user_sessions.min_assurance_level", 0..=MAX_ASSURANCE_LEVEL),
            rate: r.get_in_range("http.user_sessions.rate", 0..=1000),
            burst: r.get_in_range("http.user_sessions.burst", millis(100)..=secs(60)),
        }
    }
}

fn read_origins(r: &mut SettingsReader) -> Vec<String> {
    let key = "http.trusted_origins";
    let origins: Vec<String> = r.get(key).unwrap_or_default();
    for origin in &origins {
        // RFC 6454 §6.2: what a browser sends in `origin`.
        let parsed = Url::parse(origin).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if parsed.is_none_or(|url| url.origin().ascii_serialization() != *origin) {
            let form = "a scheme and a host in lower case, with the port unless it is the default one, such as `https://www.example.com`";
            r.add_problem(key, format!("has an entry that is not {form}: {origin:?}"));
        }
    }
    origins
}
