//! Connections, at most so many at a time and none for ever. One over the limit waits in the system's queue.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Sleep,
};
use tokio_stream::Stream;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// How long accepting rests after it failed for want of resources, such as file descriptors.
const REST: Duration = Duration::from_millis(100);

/// How many bytes HTTP/2 begins with (RFC 9113 §3.4). TLS begins with more.
const PREFACE: usize = 24;

/// How long a connection may hold its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    /// It must have begun to speak by then: before that nothing probes whether its other end is there.
    pub(super) silent: Duration,
    /// It is cut then, whatever is under way.
    pub(super) whole: Duration,
}

/// A connection that counts while it lives.
pub(super) struct Counted {
    stream: TcpStream,
    remote: Option<SocketAddr>,
    stay: Stay,
    end: Pin<Box<Sleep>>,
    /// Bytes that are missing until it has begun to speak.
    missing: usize,
    _place: OwnedSemaphorePermit,
}

/// The connections to `listener`, at most `limit` at a time.
pub(super) fn connections(listener: TcpListener, limit: usize, stay: Stay) -> impl Stream<Item = io::Result<Counted>> {
    let places = Arc::new(Semaphore::new(limit));
    futures_util::stream::unfold((listener, places, stay), async |(listener, places, stay)| {
        let place = Arc::clone(&places).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, remote)) => {
                    // Without it small answers wait for the acknowledgement of the one before.
                    let _ = stream.set_nodelay(true);
                    return Some((Ok(Counted::new(stream, remote, stay, place)), (listener, places, stay)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    })
}

impl Counted {
    fn new(stream: TcpStream, remote: SocketAddr, stay: Stay, place: OwnedSemaphorePermit) -> Self {
        let end = Box::pin(tokio::time::sleep(stay.silent));
        Self { stream, remote: Some(remote), stay, end, missing: PREFACE, _place: place }
    }

    /// Takes note of bytes that came. Once it has begun to speak a connection may stay for longer.
    fn heard(&mut self, bytes: usize) {
        if self.missing == 0 {
            return;
        }
        self.missing = self.missing.saturating_sub(bytes);
        if self.missing == 0 {
            let end = self.end.deadline() + self.stay.whole.saturating_sub(self.stay.silent);
            self.end.as_mut().reset(end);
        }
    }
}

impl Connected for Counted {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        TcpConnectInfo { local_addr: self.stream.local_addr().ok(), remote_addr: self.remote }
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.heard(buffer.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_stream::StreamExt;

    use super::*;

    async fn pair(stay: Stay) -> (TcpStream, Counted) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        let mut accepted = std::pin::pin!(connections(listener, 1, stay));
        (client, accepted.next().await.expect("one").expect("a connection"))
    }

    #[tokio::test]
    async fn a_connection_that_does_not_begin_to_speak_is_ended() {
        let (mut client, mut server) =
            pair(Stay { silent: Duration::from_millis(50), whole: Duration::from_hours(1) }).await;
        client.write_all(&[0; PREFACE - 1]).await.expect("less than a beginning");
        server.read_exact(&mut [0; PREFACE - 1]).await.expect("what was sent");
        let error = server.read_u8().await.expect_err("its time is over");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_connection_that_speaks_stays_until_its_whole_time_is_over() {
        let stay = Stay { silent: Duration::from_hours(1), whole: Duration::ZERO };
        let (mut client, mut server) = pair(Stay { whole: stay.silent, ..stay }).await;
        client.write_all(&[0; PREFACE + 1]).await.expect("a beginning and more");
        server.read_exact(&mut [0; PREFACE + 1]).await.expect("what was sent");
        client.write_u8(1).await.expect("more");
        server.read_u8().await.expect("it is heard");

        let (mut client, mut server) =
            pair(Stay { silent: Duration::from_millis(50), whole: Duration::from_millis(100) }).await;
        client.write_all(&[0; PREFACE]).await.expect("a beginning");
        server.read_exact(&mut [0; PREFACE]).await.expect("what was sent");
        let error = server.read_u8().await.expect_err("its time is over");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
