//! Connections to the management port: few at a time, and none that stays without a request.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// How long accepting rests after it failed for want of resources, such as file descriptors.
const REST: Duration = Duration::from_millis(100);

/// How many connections there may be, and how long each may take for a request.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    pub connections: usize,
    /// From the beginning of the connection, or from the response before, to the next response.
    pub request_timeout: Duration,
}

/// A listener that makes room for a new connection by closing the oldest. A probe therefore always gets in, whatever
/// connections others hold open.
pub(super) struct BoundedListener {
    listener: TcpListener,
    limits: ConnectionLimits,
    /// Closes all connections.
    stop: CancellationToken,
    /// Those that are open, oldest first.
    open: VecDeque<CancellationToken>,
}

impl BoundedListener {
    pub(super) const fn new(listener: TcpListener, limits: ConnectionLimits, stop: CancellationToken) -> Self {
        Self { listener, limits, stop, open: VecDeque::new() }
    }

    fn admit(&mut self, stream: TcpStream) -> BoundedConnection {
        self.open.retain(|connection| !connection.is_cancelled());
        while self.open.len() >= self.limits.connections {
            self.open.pop_front().inspect(CancellationToken::cancel);
        }
        let connection = self.stop.child_token();
        self.open.push_back(connection.clone());
        BoundedConnection {
            stream,
            request_timeout: self.limits.request_timeout,
            deadline: Box::pin(sleep(self.limits.request_timeout)),
            closing: Box::pin(connection.clone().cancelled_owned()),
            _open: connection.drop_guard(),
        }
    }
}

impl Listener for BoundedListener {
    type Io = BoundedConnection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, remote)) => return (self.admit(stream), remote),
                Err(error) => {
                    tracing::warn!(%error, retry_in = ?REST, "failed to accept a connection to the management port; retrying");
                    sleep(REST).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when its time is over, when it has to make room, or at shutdown.
pub(super) struct BoundedConnection {
    stream: TcpStream,
    request_timeout: Duration,
    /// When the next bytes of a response must have been sent.
    deadline: Pin<Box<Sleep>>,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Tells the listener when the connection is gone.
    _open: DropGuard,
}

impl BoundedConnection {
    /// Whether the connection has to end although its peer goes on waiting or writing.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        self.closing.as_mut().poll(context).is_ready() || self.deadline.as_mut().poll(context).is_ready()
    }

    fn note_written(&mut self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(bytes)) if *bytes > 0) {
            self.deadline.as_mut().set(sleep(self.request_timeout));
        }
    }
}

impl AsyncRead for BoundedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Before what has come: drop by drop a request could come for ever.
        if self.is_over(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for BoundedConnection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_written(&written);
        match written {
            Poll::Pending if self.is_over(context) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            written => written,
        }
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
        self.note_written(&written);
        match written {
            Poll::Pending if self.is_over(context) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            written => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
