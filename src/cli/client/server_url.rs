//! The URL of a server.

use std::{fmt, str::FromStr};

use http::{Uri, uri::Scheme};

use crate::loopback::is_loopback_host;

/// A server URL: `http://host:port` or `https://host:port`. It holds no credential and can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Uri);

impl ServerUrl {
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }

    /// Returns whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(self.0.host().unwrap_or_default())
    }

    pub fn uri(&self) -> Uri {
        self.0.clone()
    }
}

impl FromStr for ServerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "not a URL such as http://127.0.0.1:50051 or https://sessions.example.com";
        let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| FORM)?;
        if uri.scheme() != Some(&Scheme::HTTP) && uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(FORM);
        }
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err("the URL must not contain credentials; use --api-key");
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err("the URL must not contain a path");
        }
        Ok(Self(uri))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_scheme_host_and_port() {
        for text in ["http://127.0.0.1:50051", "https://sessions.example.com", "http://[::1]:50051"] {
            assert_eq!(text.parse::<ServerUrl>().expect("a server").to_string(), text);
        }
        assert_eq!("http://h:1/".parse::<ServerUrl>().expect("a server").to_string(), "http://h:1");
        assert!("https://h".parse::<ServerUrl>().expect("a server").is_tls());
        for text in ["", "127.0.0.1:50051", "localhost", "redis://h", "http://u:p@h", "http://h/path", "http://"] {
            assert!(text.parse::<ServerUrl>().is_err(), "{text}");
        }
    }
}
