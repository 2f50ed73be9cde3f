//! Certificate authorities for tests.

use std::ops::Range;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, date_time_ymd,
};

/// Years in which a test runs, at the system's time or at its own.
const ANY_YEAR: Range<i32> = 1975..4096;

/// A certificate authority.
pub struct CertificateAuthority {
    /// The certificate of the authority, in PEM.
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its private key, in PEM.
#[derive(Clone)]
pub struct IssuedCertificate {
    pub certificate: String,
    pub key: String,
}

impl CertificateAuthority {
    pub fn generate() -> Self {
        let mut params = CertificateParams::default();
        // OpenSSL takes a certificate with its issuer's name for a self-signed one.
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a self-signed certificate").pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Issues a certificate for a client with these URIs among its names.
    pub fn issue_client(&self, uris: &[&str]) -> IssuedCertificate {
        self.issue_client_in(ANY_YEAR, uris)
    }

    /// Issues a certificate for a client that is valid in these years, the last one excluded.
    pub fn issue_client_in(&self, years: Range<i32>, uris: &[&str]) -> IssuedCertificate {
        let mut params = CertificateParams::default();
        params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().expect("ASCII"))).collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params, years)
    }

    /// Issues a certificate for a server at `127.0.0.1` and `localhost` that does not expire in practice.
    pub fn issue_server(&self) -> IssuedCertificate {
        self.issue_server_in(ANY_YEAR)
    }

    /// Issues a certificate for a server at `127.0.0.1` and `localhost` that is valid in these years.
    pub fn issue_server_in(&self, years: Range<i32>) -> IssuedCertificate {
        let names = ["127.0.0.1", "localhost"].map(String::from);
        self.issue(CertificateParams::new(names).expect("an address and a name"), years)
    }

    fn issue(&self, mut params: CertificateParams, years: Range<i32>) -> IssuedCertificate {
        (params.not_before, params.not_after) = (date_time_ymd(years.start, 1, 1), date_time_ymd(years.end, 1, 1));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a signed certificate").pem();
        IssuedCertificate { certificate, key: key.serialize_pem() }
    }
}

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
        Self::valid_in(ANY_YEAR)
    }

    /// Generates a certificate that is valid in these years, the last one excluded.
    pub fn valid_in(years: Range<i32>) -> Self {
        let authority = CertificateAuthority::generate();
        let IssuedCertificate { certificate, key } = authority.issue_server_in(years);
        Self { authority: authority.certificate, certificate, key }
    }
}
