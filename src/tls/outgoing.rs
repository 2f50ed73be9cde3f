//! TLS connections of this process to servers of others.

use std::{io, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::certificates::{CertificateError, read_chain};

/// A client without a certificate.
#[derive(Clone)]
pub struct TlsClient(TlsConnector);

impl TlsClient {
    /// Creates a client that trusts only servers whose certificate one of the `authorities` (PEM) has issued. `None`
    /// stands for the public authorities.
    pub fn new(authorities: Option<&str>) -> Result<Self, CertificateError> {
        let unreadable = |position: usize, error: rustls::Error| CertificateError::Unreadable {
            position,
            reason: error.to_string(),
        };
        let mut roots = RootCertStore::empty();
        match authorities {
            Some(authorities) => {
                for (index, certificate) in read_chain(authorities)?.into_iter().enumerate() {
                    roots.add(certificate).map_err(|error| unreadable(index + 1, error))?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| unreadable(1, error))?;
        Ok(Self(TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))))
    }

    /// Completes a handshake with the server at `host`, a name or an address.
    pub async fn connect<S>(&self, host: &str, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.0.connect(name, stream).await
    }
}
