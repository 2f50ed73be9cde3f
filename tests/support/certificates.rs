//! A certificate authority for one test.

use std::ops::Range;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};

/// A server certificate for `127.0.0.1` and `localhost`, and its authority, all in PEM.
#[derive(Clone)]
pub struct ServerCertificate {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl ServerCertificate {
    /// Generates a certificate that does not expire in practice.
    pub fn generate() -> Self {
        Self::valid_in(1975..4096)
    }

    /// Generates a certificate that is valid in these years, the last one excluded.
    pub fn valid_in(years: Range<i32>) -> Self {
        let mut params = CertificateParams::default();
        // OpenSSL takes a certificate with its issuer's name for a self-signed one.
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority_key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&authority_key).expect("a self-signed certificate");
        let issuer = Issuer::new(params, authority_key);

        let key = KeyPair::generate().expect("a key");
        let names = ["127.0.0.1", "localhost"].map(String::from);
        let mut params = CertificateParams::new(names).expect("an address and a name");
        (params.not_before, params.not_after) = (date_time_ymd(years.start, 1, 1), date_time_ymd(years.end, 1, 1));
        let certificate = params.signed_by(&key, &issuer).expect("a signed certificate");
        Self { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}
