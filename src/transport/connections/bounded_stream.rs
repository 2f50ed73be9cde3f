//! The bytes of a connection, up to the time at which it has to end.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::registry::{AdmittedConnection, InboundConnection};

/// When a connection has to end although its peer stays.
#[derive(Clone, Copy, Debug)]
pub enum ConnectionDeadline {
    /// From the beginning of the connection, or from the response before, to the next response.
    Response(Duration),
    /// What is sent below HTTP/2 and within it counts for nothing: one call must have been authenticated.
    Authentication {
        /// From the beginning to the first authenticated call.
        first: Duration,
        /// From the beginning to the end of the connection, whatever is under way.
        age: Duration,
    },
}

/// A connection that ends when its time is over, when it has to give way, or when its listener closes all.
pub struct BoundedStream {
    stream: TcpStream,
    admitted: AdmittedConnection,
    rule: ConnectionDeadline,
    deadline: Pin<Box<Sleep>>,
}

impl BoundedStream {
    /// Takes up a connection that was accepted.
    #[must_use]
    pub fn new(stream: TcpStream, admitted: AdmittedConnection, rule: ConnectionDeadline) -> Self {
        // Whatever the settings say, no connection outlives its age.
        let rule = match rule {
            ConnectionDeadline::Authentication { first, age } => {
                ConnectionDeadline::Authentication { first: first.min(age), age }
            }
            rule @ ConnectionDeadline::Response(_) => rule,
        };
        let (ConnectionDeadline::Response(first) | ConnectionDeadline::Authentication { first, .. }) = rule;
        Self { stream, admitted, rule, deadline: Box::pin(sleep(first)) }
    }

    /// The connection as calls on it see it.
    #[must_use]
    pub fn connection(&self) -> &Arc<InboundConnection> {
        &self.admitted.connection
    }

    /// Whether the connection has to end although its peer goes on waiting or writing.
    fn must_close(&mut self, context: &mut Context<'_>) -> bool {
        if let Some(closing) = &mut self.admitted.closing
            && Pin::new(closing).poll(context).is_ready()
        {
            self.admitted.closing = None;
        }
        self.admitted.closing.is_none() || self.is_past_deadline(context)
    }

    fn is_past_deadline(&mut self, context: &mut Context<'_>) -> bool {
        while self.deadline.as_mut().poll(context).is_ready() {
            match self.rule {
                ConnectionDeadline::Authentication { first, age }
                    if first < age && self.admitted.connection.is_authenticated() =>
                {
                    let end = self.deadline.deadline() + age.saturating_sub(first);
                    self.deadline.as_mut().reset(end);
                    self.rule = ConnectionDeadline::Authentication { first: age, age };
                }
                ConnectionDeadline::Authentication { .. } | ConnectionDeadline::Response(_) => return true,
            }
        }
        false
    }

    fn after_write(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending if self.must_close(context) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Ready(Ok(bytes)) if bytes > 0 => {
                self.admitted.connection.count_write();
                if let ConnectionDeadline::Response(timeout) = self.rule {
                    self.deadline.as_mut().set(sleep(timeout));
                }
                written
            }
            written => written,
        }
    }
}

impl AsyncRead for BoundedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Before what has come: drop by drop it could come for ever.
        if self.must_close(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for BoundedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.after_write(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.after_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::{
        super::{ConnectionQuota, ConnectionRegistry},
        *,
    };
    use crate::domain::Caller;

    async fn pair(rule: ConnectionDeadline) -> (TcpStream, BoundedStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        let (stream, remote) = listener.accept().await.expect("a connection");
        let registry = ConnectionRegistry::new(ConnectionQuota::without_authentication(1));
        let admitted = registry.admit(remote).await;
        (client, BoundedStream::new(stream, admitted, rule))
    }

    const SHORT_TIMEOUT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn whatever_is_sent_a_connection_ends_without_an_authenticated_call() {
        let rule = ConnectionDeadline::Authentication { first: SHORT_TIMEOUT, age: Duration::from_hours(1) };
        let (mut client, mut server) = pair(rule).await;
        client.write_all(&[0; 100]).await.expect("bytes");
        server.read_exact(&mut [0; 100]).await.expect("what was sent");
        let error = server.read_u8().await.expect_err("its time is over");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn an_authenticated_connection_stays_until_its_age_is_over() {
        let first = SHORT_TIMEOUT;
        let (mut client, mut server) =
            pair(ConnectionDeadline::Authentication { first, age: Duration::from_hours(1) }).await;
        server.connection().mark_authenticated(&Caller::anonymous());
        let closed = tokio::time::timeout(SHORT_TIMEOUT * 4, server.read_u8()).await;
        assert!(closed.is_err(), "it stays open");
        client.write_u8(1).await.expect("more");
        server.read_u8().await.expect("it is read");

        for first in [first, Duration::from_hours(1)] {
            let (_client, mut server) =
                pair(ConnectionDeadline::Authentication { first, age: SHORT_TIMEOUT * 2 }).await;
            server.connection().mark_authenticated(&Caller::anonymous());
            let error = server.read_u8().await.expect_err("its time is over");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }
}
