//! The certificate of the gRPC listener.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};
use crate::certificates::{CertificateError, CertificateValidity, check_key, read_validity};

/// A certificate chain with its private key, read once. The key is known to belong to the first certificate. The
/// validity at the current time is checked elsewhere, because it needs a clock.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsConfig {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
    /// The chain in PEM, leaf first.
    pub certificate: String,
    /// The validity of each certificate of the chain, leaf first; at least one.
    pub validity: Vec<CertificateValidity>,
    /// The private key in PEM.
    pub key: String,
    pub handshake_timeout: Duration,
}

impl TlsConfig {
    /// Reads the section. Returns `None` if TLS is not configured.
    pub(super) fn read(r: &mut SettingsReader) -> Option<Self> {
        let handshake_timeout = r.get_in_range("tls.handshake_timeout", millis(100)..=secs(60));
        let certificate_file = r.get_path("tls.certificate_file");
        let key_file = r.get_path("tls.key_file");
        let (certificate_file, key_file) = match (certificate_file, key_file) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => return None,
            (Some(_), None) => {
                r.add_problem("tls.key_file", "is required when `tls.certificate_file` is set");
                return None;
            }
            (None, Some(_)) => {
                r.add_problem("tls.certificate_file", "is required when `tls.key_file` is set");
                return None;
            }
        };
        r.add_secret_file("tls.key_file", &key_file);
        let chain = read_certificates(r, "tls.certificate_file", &certificate_file);
        let key = r.read_file("tls.key_file", &key_file)?;
        // The key is also checked if the certificates are unusable, so that all problems are reported together.
        let leaf = chain.as_ref().map(|(pem, _)| pem.as_str());
        match leaf.map_or_else(|| check_key_pem(&key), |certificates| check_key(certificates, &key)) {
            Ok(()) => {}
            Err(error @ CertificateError::KeyMismatch) => {
                let reason = format!("{error}: {} and {}", key_file.display(), certificate_file.display());
                r.add_problem("tls.key_file", reason);
            }
            Err(error) => r.add_problem("tls.key_file", format!("{error}: {}", key_file.display())),
        }
        let (certificate, validity) = chain?;
        Some(Self { certificate_file, key_file, certificate, validity, key, handshake_timeout })
    }
}

/// Reads a PEM file with at least one certificate, and the validity of each. Records a problem if the file is unusable.
pub(super) fn read_certificates(
    r: &mut SettingsReader,
    key: &str,
    file: &Path,
) -> Option<(String, Vec<CertificateValidity>)> {
    let pem = r.read_file(key, file)?;
    match read_validity(&pem) {
        Ok(validity) => Some((pem, validity)),
        Err(error) => {
            r.add_problem(key, format!("{error}: {}", file.display()));
            None
        }
    }
}

fn check_key_pem(key: &str) -> Result<(), CertificateError> {
    if key.contains("PRIVATE KEY-----") { Ok(()) } else { Err(CertificateError::NoKey) }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig")
            .field("certificate_file", &self.certificate_file)
            .field("key_file", &self.key_file)
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}
