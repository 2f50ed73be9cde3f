//! Construction of a client.

use std::{net::IpAddr, time::Duration};

use tonic::{
    metadata::AsciiMetadataValue,
    transport::{Certificate, ClientTlsConfig, Endpoint, Identity},
};
use zeroize::Zeroizing;

use crate::{
    cache::{CacheOptions, VerdictCache},
    call::Deadlines,
    client::SessionAuthority,
    error::ConfigurationError,
};

const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// TLS to the server.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// The CA certificates to trust, PEM. If unset, the public CAs.
    pub ca_certificates: Option<Vec<u8>>,
    /// The certificate chain of the client and its private key, PEM, for a server that authenticates by certificate.
    pub identity: Option<(Vec<u8>, Zeroizing<Vec<u8>>)>,
    /// The name in the certificate of the server. If unset, the host of the target.
    pub server_name: Option<String>,
}

/// The options of a [`SessionAuthority`].
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    target: String,
    api_key: Option<Zeroizing<String>>,
    tls: Option<TlsOptions>,
    deadlines: Deadlines,
    cache: Option<CacheOptions>,
}

impl SessionAuthority {
    /// Returns a builder of a client of the server at `target`, `HOST:PORT`.
    pub fn builder(target: impl Into<String>) -> ClientBuilder {
        let deadlines = Deadlines {
            validate: Duration::from_secs(1),
            call: Duration::from_secs(2),
            admin: Duration::from_secs(35),
        };
        ClientBuilder { target: target.into(), api_key: None, tls: None, deadlines, cache: None }
    }
}

impl ClientBuilder {
    /// Sets the API key of the caller.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Zeroizing::new(key.into()));
        self
    }

    /// Uses TLS. Without it, only a server on loopback is allowed.
    #[must_use]
    pub fn tls(mut self, tls: TlsOptions) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets the deadline of validations. 1 second by default.
    #[must_use]
    pub const fn validate_deadline(mut self, deadline: Duration) -> Self {
        self.deadlines.validate = deadline;
        self
    }

    /// Sets the deadline of other calls. 2 seconds by default; 35 seconds for administrative ones, unless this is
    /// longer.
    #[must_use]
    pub const fn call_deadline(mut self, deadline: Duration) -> Self {
        self.deadlines.call = deadline;
        self
    }

    /// Reuses verdicts for as long as the server allows. Off by default.
    #[must_use]
    pub const fn cache(mut self, cache: CacheOptions) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Returns the client. It connects with the first call, and again whenever the connection breaks. Must be called
    /// within a Tokio runtime.
    ///
    /// Fails if the target or the key is malformed, and for a server that is not on loopback, if there is no TLS, or
    /// neither an API key nor a client certificate.
    pub fn build(self) -> Result<SessionAuthority, ConfigurationError> {
        let invalid = |problem: &str| ConfigurationError(problem.to_owned());
        let host = host_of(&self.target).ok_or_else(|| invalid("the target must be HOST:PORT"))?;
        let has_certificate = self.tls.as_ref().is_some_and(|tls| tls.identity.is_some());
        if !is_loopback(host) {
            if self.tls.is_none() {
                return Err(invalid("a server that is not on loopback needs TLS"));
            }
            if self.api_key.is_none() && !has_certificate {
                return Err(invalid("a server that is not on loopback needs an API key or a client certificate"));
            }
        }
        let authorization = self.api_key.as_ref().map(|key| authorization(key)).transpose()?;
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{}", self.target))
            .map_err(|_| invalid("the target must be HOST:PORT"))?
            .connect_timeout(self.deadlines.call)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .tcp_nodelay(true);
        let endpoint = match self.tls {
            Some(tls) => endpoint.tls_config(tls_config(tls)).map_err(|error| ConfigurationError(error.to_string()))?,
            None => endpoint,
        };
        let cache = self.cache.map(VerdictCache::new);
        Ok(SessionAuthority::new(endpoint.connect_lazy(), authorization, self.deadlines, cache))
    }
}

fn tls_config(tls: TlsOptions) -> ClientTlsConfig {
    let config = match tls.ca_certificates {
        Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
        None => ClientTlsConfig::new().with_webpki_roots(),
    };
    let config = match tls.identity {
        Some((chain, key)) => config.identity(Identity::from_pem(chain, key.as_slice())),
        None => config,
    };
    match tls.server_name {
        Some(name) => config.domain_name(name),
        None => config,
    }
}

/// Returns the metadata value of an API key. The text of the error does not contain the key.
fn authorization(key: &str) -> Result<AsciiMetadataValue, ConfigurationError> {
    let is_valid = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    let value = AsciiMetadataValue::try_from(Zeroizing::new(format!("Bearer {key}")).as_str());
    match value {
        Ok(mut value) if is_valid => {
            value.set_sensitive(true);
            Ok(value)
        }
        _ => Err(ConfigurationError("the API key must be visible ASCII characters".to_owned())),
    }
}

fn host_of(target: &str) -> Option<&str> {
    let (host, port) = target.rsplit_once(':')?;
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_host = !host.is_empty()
        && (is_bracketed || host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)));
    (is_host && port.parse::<u16>().is_ok()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unsafe_connection_is_refused() {
        let builder = SessionAuthority::builder;
        let tls = TlsOptions::default;
        for target in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"] {
            builder(target).build().expect("loopback needs neither TLS nor a key");
        }
        builder("sessions.example:443").tls(tls()).api_key("k").build().expect("TLS and a key");
        for refused in [
            builder("sessions.example:443").api_key("k"),
            builder("127.0.0.1.example:443").api_key("k"),
            builder("sessions.example:443").tls(tls()),
            builder("").api_key("k"),
            builder("localhost").api_key("k"),
            builder("user@localhost:1").api_key("k"),
            builder("localhost:1/path").api_key("k"),
            builder("localhost:1").api_key(""),
            builder("localhost:1").api_key("a secret\r\nx: y"),
            builder("localhost:1").api_key("a secret é"),
        ] {
            let target = refused.target.clone();
            let error = refused.build().err().unwrap_or_else(|| panic!("{target:?} is accepted"));
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
