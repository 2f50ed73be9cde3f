//! The byte stream of a connection, encrypted or not.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{bounded_stream::BoundedStream, registry::InboundConnection};
use crate::tls::TlsStream;

/// The byte stream of a connection that is ready for its protocol.
pub enum ConnectionStream {
    Plaintext(BoundedStream),
    Tls(Box<TlsStream<BoundedStream>>),
}

impl ConnectionStream {
    /// Returns the connection as its calls see it.
    #[must_use]
    pub fn connection(&self) -> &Arc<InboundConnection> {
        match self {
            Self::Plaintext(stream) => stream.connection(),
            Self::Tls(stream) => stream.get_ref().0.connection(),
        }
    }
}

impl AsyncRead for ConnectionStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plaintext(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

/// Vectored writes are not offered. With them, HTTP/2 writes each response of 256 bytes or more alone, and the others wait
/// for it; without them, responses below 1 KiB share a write.
impl AsyncWrite for ConnectionStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plaintext(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plaintext(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plaintext(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
