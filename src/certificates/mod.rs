//! PEM certificates: their validity, the identity in them, and the check of a private key against them.

mod client_credentials;
mod identity;
mod token_signer;

use rustls::{
    Error, InconsistentKeys,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    sign::CertifiedKey,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::domain::UnixMillis;

pub use client_credentials::{ClientCredentials, KeyedCertificate};
pub use identity::{expires_at, read_spiffe_id};
pub use token_signer::TokenSigner;

/// The validity period of a certificate, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateValidity {
    pub not_before: UnixMillis,
    pub not_after: UnixMillis,
}

/// The reason why a certificate file or a private key cannot be used. The text completes a sentence that begins with
/// the setting.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    #[error("contains no PEM certificate")]
    NoCertificate,
    #[error("is not valid PEM ({0}); the file may be truncated")]
    Pem(String),
    #[error("contains an invalid certificate (number {position}): {reason}")]
    Unreadable { position: usize, reason: String },
    #[error("contains no PEM private key")]
    NoKey,
    #[error("contains an encrypted private key; decrypt it first, with `openssl pkey -in FILE -out FILE`")]
    EncryptedKey,
    #[error("contains an unsupported private key ({0}); supported: RSA (2048 bits or more), P-256, P-384, Ed25519")]
    UnusableKey(String),
    #[error(
        "contains a private key that does not match the certificate; use the key of the first certificate in the file"
    )]
    KeyMismatch,
}

/// Returns the validity of each certificate of a file, in the order of the file. There is at least one.
pub fn read_validity(pem: &str) -> Result<Vec<CertificateValidity>, CertificateError> {
    let chain = read_chain(pem)?;
    let read = chain.iter().enumerate().map(|(index, certificate)| {
        let unreadable = |reason| CertificateError::Unreadable { position: index + 1, reason };
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|error| unreadable(error.to_string()))?;
        Ok(CertificateValidity::from_certificate(&parsed))
    });
    read.collect()
}

impl CertificateValidity {
    fn from_certificate(certificate: &X509Certificate<'_>) -> Self {
        let validity = certificate.validity();
        let [not_before, not_after] = [validity.not_before, validity.not_after]
            .map(|time| UnixMillis::new(u64::try_from(time.timestamp()).unwrap_or_default().saturating_mul(1_000)));
        Self { not_before, not_after }
    }

    /// Returns whether the certificate is valid at `now`.
    #[must_use]
    pub fn contains(&self, now: UnixMillis) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

/// Checks that the private key belongs to the first certificate and that a server can use it.
pub fn check_key(certificates: &str, key: &str) -> Result<(), CertificateError> {
    read_certified_key(certificates, key).map(drop)
}

/// Returns the certificate chain with its private key, which belongs to the first certificate.
pub fn read_certified_key(certificates: &str, key: &str) -> Result<CertifiedKey, CertificateError> {
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| match error {
        pem::Error::NoItemsFound if key.contains("BEGIN ENCRYPTED PRIVATE KEY") => CertificateError::EncryptedKey,
        pem::Error::NoItemsFound => CertificateError::NoKey,
        error => CertificateError::Pem(error.to_string()),
    })?;
    match CertifiedKey::from_der(read_chain(certificates)?, key, &ring::default_provider()) {
        Ok(certified) => Ok(certified),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(CertificateError::KeyMismatch),
        Err(error) => Err(CertificateError::UnusableKey(error.to_string())),
    }
}

/// Returns the certificates of a file, in the order of the file. There is at least one.
pub fn read_chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    match chain.map_err(|error| CertificateError::Pem(error.to_string()))? {
        chain if chain.is_empty() => Err(CertificateError::NoCertificate),
        chain => Ok(chain),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: i32, until: i32) -> (String, KeyPair) {
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().expect("a key");
        (params.self_signed(&key).expect("a certificate").pem(), key)
    }

    #[test]
    fn each_certificate_of_a_chain_has_its_validity() {
        let ((leaf, _), (authority, _)) = (certificate(2026, 2027), certificate(2020, 2040));
        let validity = read_validity(&format!("{leaf}{authority}")).expect("a chain");
        let year = |millis: UnixMillis| millis.to_offset_date_time().year();
        let years: Vec<_> =
            validity.iter().map(|validity| (year(validity.not_before), year(validity.not_after))).collect();
        assert_eq!(years, [(2026, 2027), (2020, 2040)]);
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_a_reason() {
        let (good, _) = certificate(2026, 2027);
        let cut = &good[..good.len() / 2];
        let section = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        assert_eq!(read_validity(""), Err(CertificateError::NoCertificate));
        assert_eq!(read_validity(&section("PRIVATE KEY")), Err(CertificateError::NoCertificate));
        assert!(matches!(read_validity(cut), Err(CertificateError::Pem(_))));
        let second = format!("{good}{}", section("CERTIFICATE"));
        assert!(matches!(read_validity(&second), Err(CertificateError::Unreadable { position: 2, .. })));
    }

    #[test]
    fn a_key_must_belong_to_its_certificate() {
        let ((certificate, key), stranger) = (certificate(2026, 2027), KeyPair::generate().expect("a key"));
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let check = |key: &str| check_key(&certificate, key);
        assert_eq!(check(&key.serialize_pem()), Ok(()));
        assert_eq!(check(&stranger.serialize_pem()), Err(CertificateError::KeyMismatch));
        assert_eq!(check(encrypted), Err(CertificateError::EncryptedKey));
        assert_eq!(check(&certificate), Err(CertificateError::NoKey));
        let damaged = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(matches!(check(damaged), Err(CertificateError::UnusableKey(_))));
    }
}
