//! The certificate of the gRPC listener.

use std::{fmt, path::PathBuf, time::Duration};

use super::{
    reader::Reader,
    span::{millis, secs},
};

/// A certificate with its key, read once and looked at as far as that they are there and PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
    /// PEM, leaf first.
    pub certificate: String,
    /// PEM.
    pub key: String,
    pub handshake_timeout: Duration,
}

impl Tls {
    /// `None` when no TLS is configured.
    pub(super) fn read(r: &mut Reader) -> Option<Self> {
        let handshake_timeout = r.within("tls.handshake_timeout", millis(100)..=secs(60));
        let certificate_file = r.path("tls.certificate_file");
        let key_file = r.path("tls.key_file");
        let (certificate_file, key_file) = match (certificate_file, key_file) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => return None,
            (Some(_), None) => {
                r.refuse("tls.key_file", "is not set, and `tls.certificate_file` is: both are needed");
                return None;
            }
            (None, Some(_)) => {
                r.refuse("tls.certificate_file", "is not set, and `tls.key_file` is: both are needed");
                return None;
            }
        };
        let certificate = pem(r, "tls.certificate_file", &certificate_file, "BEGIN CERTIFICATE-----");
        let key = pem(r, "tls.key_file", &key_file, "PRIVATE KEY-----");
        let (certificate, key) = (certificate.unwrap_or_default(), key.unwrap_or_default());
        Some(Self { certificate_file, key_file, certificate, key, handshake_timeout })
    }
}

/// What is in a PEM file that must have a section of that kind.
pub(super) fn pem(r: &mut Reader, key: &str, file: &std::path::Path, section: &str) -> Option<String> {
    let text = r.contents(key, file)?;
    if !text.contains(section) {
        let what = section.trim_start_matches("BEGIN ").trim_end_matches('-').to_lowercase();
        r.refuse(key, format!("has no {what} in PEM: {}", file.display()));
        return None;
    }
    Some(text)
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("certificate_file", &self.certificate_file)
            .field("key_file", &self.key_file)
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}
