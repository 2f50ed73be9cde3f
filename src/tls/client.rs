//! TLS connections of the program to a server.

use std::{io, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

pub use tokio_rustls::client::TlsStream as ClientTlsStream;

use crate::certificates::read_chain;

/// Completes a handshake as a client without a certificate. Trusts only servers at `host` whose certificate one of the
/// `authorities` (PEM) has issued.
pub async fn connect<S>(stream: S, host: &str, authorities: &str) -> io::Result<ClientTlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut roots = RootCertStore::empty();
    for certificate in read_chain(authorities).map_err(invalid)? {
        roots.add(certificate).map_err(invalid)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(invalid)?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(invalid)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
