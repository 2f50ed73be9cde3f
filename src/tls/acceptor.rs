//! TLS handshakes of a listener.

use std::{io, sync::Arc};

use rustls::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

pub use tokio_rustls::server::TlsStream;

use super::{
    client_certificate::ClientCertificate,
    server_tls::{ListenerKind, ServerTls},
};

/// The kind of a failed handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandshakeFailure {
    /// The handshake took longer than `tls.handshake_timeout`.
    TimedOut,
    /// The client presented no certificate although one is required, or one that the authorities do not vouch for.
    ClientCertificate,
    /// The client did not speak TLS, left, or refused the server's certificate.
    Other,
}

/// The reason why a handshake failed.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct HandshakeError {
    pub failure: HandshakeFailure,
    /// For an operator.
    pub detail: String,
}

/// Accepts the TLS connections of one listener with the credentials in effect at that moment.
#[derive(Clone, Debug)]
pub struct TlsAcceptor {
    tls: Arc<ServerTls>,
    listener: ListenerKind,
}

impl TlsAcceptor {
    /// Returns the acceptor of the connections of a listener.
    #[must_use]
    pub const fn new(tls: Arc<ServerTls>, listener: ListenerKind) -> Self {
        Self { tls, listener }
    }

    /// Completes a handshake within the time limit. Returns the encrypted stream, and the client's certificate if it
    /// presented one.
    pub async fn accept<S>(&self, stream: S) -> Result<(TlsStream<S>, Option<ClientCertificate>), HandshakeError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let configs = self.tls.current();
        let acceptor = tokio_rustls::TlsAcceptor::from(configs.for_listener(self.listener));
        let accepted = timeout(self.tls.handshake_timeout, acceptor.accept(stream)).await;
        let stream = accepted
            .map_err(|_| HandshakeError {
                failure: HandshakeFailure::TimedOut,
                detail: "the handshake was not complete within `tls.handshake_timeout`".to_owned(),
            })?
            .map_err(|error| HandshakeError::from_io(&error))?;
        let chain = stream.get_ref().1.peer_certificates().filter(|chain| !chain.is_empty());
        let certificate = chain.zip(self.tls.trust_domain.as_ref()).map(|(chain, domain)| {
            let chain = chain.iter().map(|certificate| certificate.clone().into_owned()).collect();
            ClientCertificate::new(chain, domain, Arc::clone(&self.tls.authorities), configs.generation)
        });
        Ok((stream, certificate))
    }
}

impl HandshakeError {
    fn from_io(error: &io::Error) -> Self {
        let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        let failure = match cause {
            Some(Error::NoCertificatesPresented | Error::InvalidCertificate(_)) => HandshakeFailure::ClientCertificate,
            _ => HandshakeFailure::Other,
        };
        Self { failure, detail: error.to_string() }
    }
}
