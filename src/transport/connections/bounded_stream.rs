//! The byte stream of a connection, which is closed at a deadline.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::registry::{AdmittedConnection, InboundConnection};

/// A deadline at which a connection is closed even if its peer stays.
#[derive(Clone, Copy, Debug)]
pub enum ConnectionDeadline {
    /// The time from the start of the connection, or from the previous response, to the next response.
    Response(Duration),
    /// The limits of a connection whose calls must authenticate. Only an authenticated call counts; other traffic below
    /// and within HTTP/2 does not.
    Authentication {
        /// The time from the start of the connection to its first authenticated call.
        first: Duration,
        /// The maximum age of the connection, even with calls in flight.
        age: Duration,
    },
}

/// A connection that is closed at its deadline, when it is evicted, or when its listener closes all connections.
pub struct BoundedStream {
    stream: TcpStream,
    admitted: AdmittedConnection,
    rule: ConnectionDeadline,
    deadline: Pin<Box<Sleep>>,
}

impl BoundedStream {
    /// Wraps an accepted connection.
    #[must_use]
    pub fn new(stream: TcpStream, admitted: AdmittedConnection, rule: ConnectionDeadline) -> Self {
        // No connection outlives its age, whatever the settings.
        let rule = match rule {
            ConnectionDeadline::Authentication { first, age } => {
                ConnectionDeadline::Authentication { first: first.min(age), age }
            }
            rule @ ConnectionDeadline::Response(_) => rule,
        };
        let (ConnectionDeadline::Response(first) | ConnectionDeadline::Authentication { first, .. }) = rule;
        Self { stream, admitted, rule, deadline: Box::pin(sleep(first)) }
    }

    /// Returns the connection as its calls see it.
    #[must_use]
    pub fn connection(&self) -> &Arc<InboundConnection> {
        &self.admitted.connection
    }

    /// Returns whether the connection must be closed although its peer still waits or writes.
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
        // Checked before reading: a peer that sends one byte at a time could otherwise stay for ever.
        if self.must_close(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        // Cancelled calls take memory until their task has run. A client that cancels faster than that has to wait.
        ready!(self.admitted.connection.poll_call_capacity(context));
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

    // For the records of TLS. `ConnectionStream` does not offer vectored writes to protocols.
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
    use futures_util::poll;
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
        pair_with_quota(rule, ConnectionQuota::without_authentication(1)).await
    }

    async fn pair_with_quota(rule: ConnectionDeadline, quota: ConnectionQuota) -> (TcpStream, BoundedStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        let (stream, remote) = listener.accept().await.expect("a connection");
        let registry = ConnectionRegistry::new(quota);
        let admitted = registry.admit(remote).await;
        (client, BoundedStream::new(stream, admitted, rule))
    }

    const SHORT_TIMEOUT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn whatever_is_sent_a_connection_ends_without_an_authenticated_call() {
        let rule = ConnectionDeadline::Authentication { first: SHORT_TIMEOUT, age: Duration::from_hours(1) };
        let (mut client, mut server) = pair(rule).await;
        client.write_all(&[0; 100]).await.expect("bytes");
        server.read_exact(&mut [0; 100]).await.expect("the bytes sent");
        let error = server.read_u8().await.expect_err("the deadline has passed");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn an_authenticated_connection_stays_until_its_age_is_over() {
        let first = SHORT_TIMEOUT;
        let (mut client, mut server) =
            pair(ConnectionDeadline::Authentication { first, age: Duration::from_hours(1) }).await;
        server.connection().mark_authenticated(&Caller::anonymous());
        let closed = tokio::time::timeout(SHORT_TIMEOUT * 4, server.read_u8()).await;
        assert!(closed.is_err(), "the connection stays open");
        client.write_u8(1).await.expect("a byte");
        server.read_u8().await.expect("the byte is read");

        for first in [first, Duration::from_hours(1)] {
            let (_client, mut server) =
                pair(ConnectionDeadline::Authentication { first, age: SHORT_TIMEOUT * 2 }).await;
            server.connection().mark_authenticated(&Caller::anonymous());
            let error = server.read_u8().await.expect_err("the deadline has passed");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test]
    async fn nothing_is_read_while_more_calls_are_in_flight_than_may_be_open() {
        let quota = ConnectionQuota { calls_per_connection: 2, ..ConnectionQuota::without_authentication(1) };
        let (mut client, mut server) =
            pair_with_quota(ConnectionDeadline::Response(Duration::from_hours(1)), quota).await;
        client.write_all(&[1, 2]).await.expect("bytes");
        let connection = Arc::clone(server.connection());
        let mut calls: Vec<_> = (0..2).map(|_| connection.begin_call()).collect();
        assert_eq!(server.read_u8().await.expect("the open calls may need it"), 1);

        calls.extend((0..2).map(|_| connection.begin_call()));
        let mut reading = Box::pin(server.read_u8());
        assert!(poll!(&mut reading).is_pending());
        calls.pop();
        assert!(poll!(&mut reading).is_pending());
        // The end of the call wakes the reader, or else this waits for ever.
        let (read, ()) = tokio::join!(reading, async { drop(calls.pop()) });
        assert_eq!(read.expect("a byte"), 2);
    }
}
