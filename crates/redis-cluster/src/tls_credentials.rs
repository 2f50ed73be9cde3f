//! Credentials of connections over TLS.

use redis::{ClientTlsConfig, TlsCertificates};

/// The certificates of connections over TLS, in PEM.
#[derive(Clone, Copy, Default)]
pub struct TlsCredentials<'a> {
    /// The authorities that the certificate of a server may be from; `None`: the public ones.
    pub authorities: Option<&'a str>,
    /// The certificate that this client presents; `None`: it presents none.
    pub client: Option<ClientKeyPair<'a>>,
}

/// A certificate chain of the client, leaf first, and the key of the leaf.
#[derive(Clone, Copy)]
pub struct ClientKeyPair<'a> {
    pub certificate: &'a str,
    pub key: &'a str,
}

impl TlsCredentials<'_> {
    /// Returns whether servers are verified by the public authorities, and the client presents no certificate.
    pub(crate) const fn are_default(&self) -> bool {
        self.authorities.is_none() && self.client.is_none()
    }

    pub(crate) fn to_certificates(self) -> TlsCertificates {
        let client = |ClientKeyPair { certificate, key }| ClientTlsConfig {
            client_cert: certificate.as_bytes().to_vec(),
            client_key: key.as_bytes().to_vec(),
        };
        let root_cert = self.authorities.map(|authorities| authorities.as_bytes().to_vec());
        TlsCertificates { client_tls: self.client.map(client), root_cert }
    }
}
