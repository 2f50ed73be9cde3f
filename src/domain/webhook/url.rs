use std::fmt;

use url::{Host, Url};

use crate::domain::error::FieldViolation;

/// Maximum length of a URL, in bytes.
const URL_BYTES: usize = 2048;

/// The URL of an endpoint. Its path and query may be secret, so `Debug` and `Display` show the origin only.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl WebhookUrl {
    /// Parses `https://…`. With `allow_private_addresses`, `http://` is accepted for hosts on this machine.
    pub fn new(text: &str, allow_private_addresses: bool) -> Result<Self, FieldViolation> {
        let violation = |text: &'static str| FieldViolation::new("url", text);
        if text.is_empty() {
            return Err(violation("is required"));
        }
        if text.len() > URL_BYTES {
            return Err(FieldViolation::new("url", format!("is longer than {URL_BYTES} bytes")));
        }
        // The error of the parser could repeat a secret.
        let url = Url::parse(text).map_err(|_| violation("is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(violation("must not contain credentials; receivers verify the signature of each message"));
        }
        if url.fragment().is_some() {
            return Err(violation("must not have a fragment"));
        }
        match (url.scheme(), url.host()) {
            ("https", Some(_)) => Ok(Self(url)),
            ("http", Some(host)) if allow_private_addresses && is_loopback(&host) => Ok(Self(url)),
            ("http", Some(host)) if is_loopback(&host) => {
                Err(violation("must begin with https://, or set `allow_private_addresses` to use http:// on loopback"))
            }
            _ => Err(violation("must begin with https://")),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Returns the host name or the address, without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match self.0.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            None => String::new(),
        }
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Returns the host and, unless it is the default, the port, as the `Host` header has them.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Returns the path with the query, as the request line has them.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        self.0.query().map_or_else(|| self.0.path().to_owned(), |query| format!("{}?{query}", self.0.path()))
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.authority())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintext_is_for_loopback_only_and_only_if_allowed() {
        for url in ["https://example.com/hook", "https://example.com:8443/?key=1", "https://10.0.0.1/"] {
            assert!(WebhookUrl::new(url, false).is_ok(), "{url}");
        }
        for url in ["http://localhost:80/", "http://127.0.0.1/", "http://[::1]:9/", "http://2130706433/"] {
            assert!(WebhookUrl::new(url, true).is_ok(), "{url}");
            assert!(WebhookUrl::new(url, false).is_err(), "{url}");
        }
        for url in [
            "",
            "example.com",
            "http://example.com/",
            "http://10.0.0.1/",
            "ftp://localhost/",
            "https://a:b@example.com/",
            "https://example.com/#part",
        ] {
            assert!(WebhookUrl::new(url, true).is_err(), "{url}");
        }
        assert!(WebhookUrl::new(&format!("https://example.com/{}", "a".repeat(URL_BYTES)), true).is_err());
    }

    #[test]
    fn a_url_is_shown_without_its_path() {
        let url = WebhookUrl::new("https://hooks.example.com:8443/T0/secret?token=secret", false).expect("a URL");
        assert_eq!(format!("{url} {url:?}").matches("secret").count(), 0);
        assert_eq!(url.to_string(), "https://hooks.example.com:8443");
        assert_eq!((url.authority().as_str(), url.port()), ("hooks.example.com:8443", 8443));
        assert_eq!(url.path_and_query(), "/T0/secret?token=secret");
        let error = WebhookUrl::new("https://a:secret@example.com/", false).expect_err("refused");
        assert!(!format!("{error:?}").contains("secret"));
    }
}
