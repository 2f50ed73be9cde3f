//! A certificate authority of a test's own.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// A server's certificate for `127.0.0.1` and `localhost`, and the authority that vouches for it;
/// all in PEM.
#[derive(Clone)]
pub struct ServerCertificate {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl ServerCertificate {
    pub fn generate() -> Self {
        let mut params = CertificateParams::default();
        // OpenSSL takes a certificate that bears its issuer's name for one that vouches for itself.
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority_key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&authority_key).expect("a self-signed certificate");
        let issuer = Issuer::new(params, authority_key);

        let key = KeyPair::generate().expect("a key");
        let names = ["127.0.0.1", "localhost"].map(String::from);
        let certificate = CertificateParams::new(names)
            .expect("an address and a name")
            .signed_by(&key, &issuer)
            .expect("a signed certificate");
        Self { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}
