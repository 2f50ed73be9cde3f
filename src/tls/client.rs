//! TLS connections of the program to a server.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

pub use tokio_rustls::client::TlsStream as ClientTlsStream;

use super::outgoing::TlsClient;

/// Completes a handshake as a client without a certificate. Trusts only servers at `host` whose certificate one of the
/// `authorities` (PEM) has issued.
pub async fn connect<S>(stream: S, host: &str, authorities: &str) -> io::Result<ClientTlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let client = TlsClient::new(Some(authorities));
    let client = client.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    client.connect(host, stream).await
}
