//! The credentials of a node as a client of other servers.

use std::fmt;

use zeroize::Zeroizing;

/// The credentials for connections over TLS that a node opens, in PEM.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClientCredentials {
    /// The authorities that the certificate of the server may be from; `None`: the public ones.
    pub authorities: Option<String>,
    /// The certificate that the node presents; `None`: it presents none.
    pub certificate: Option<KeyedCertificate>,
}

/// A certificate chain, leaf first, with the private key of the leaf.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyedCertificate {
    pub chain: String,
    pub key: Zeroizing<String>,
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("has_authorities", &self.authorities.is_some())
            .field("has_certificate", &self.certificate.is_some())
            .finish_non_exhaustive()
    }
}
