//! The connections of a listener that are ready for their protocol. TLS handshakes do not wait for each other.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    bounded_stream::{BoundedStream, ConnectionDeadline},
    registry::{ConnectionRegistry, DrainLimits},
    stream::ConnectionStream,
};
use crate::{
    tls::{HandshakeError, HandshakeFailure, TlsAcceptor},
    transport::throttle::LogThrottle,
};

/// The pause after accepting failed for lack of resources, such as file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Minimum time between two log messages about failed handshakes, which anyone can cause.
const HANDSHAKE_LOG_INTERVAL: Duration = Duration::from_secs(5);

/// An observer of TLS handshakes.
pub trait HandshakeObserver: Send + Sync {
    fn handshake_failed(&self, failure: HandshakeFailure);
}

/// The TLS of a listener.
#[derive(Clone)]
pub struct ListenerTls {
    pub acceptor: TlsAcceptor,
    pub observer: Arc<dyn HandshakeObserver>,
}

/// The source of the connections of a listener.
pub struct IncomingConnections {
    listener: TcpListener,
    /// The name of the listener, for logs.
    name: &'static str,
    registry: ConnectionRegistry,
    deadline: ConnectionDeadline,
    tls: Option<ListenerTls>,
    /// An accepted connection that waits for its admission.
    waiting: Option<(TcpStream, SocketAddr)>,
    /// Dropping it ends the handshakes in progress.
    handshakes: JoinSet<Result<ConnectionStream, HandshakeError>>,
    log: LogThrottle,
}

impl IncomingConnections {
    /// Returns the connections to `listener`. `registry` admits each of them, and `deadline` closes it.
    ///
    /// With `tls`, the deadlines begin before the handshake: neither a handshake nor the preface of HTTP/2 is a call.
    #[must_use]
    pub fn new(
        listener: TcpListener,
        name: &'static str,
        registry: ConnectionRegistry,
        deadline: ConnectionDeadline,
        tls: Option<ListenerTls>,
    ) -> Self {
        let (waiting, handshakes, log) = (None, JoinSet::new(), LogThrottle::new(HANDSHAKE_LOG_INTERVAL));
        Self { listener, name, registry, deadline, tls, waiting, handshakes, log }
    }

    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the next connection that is ready for its protocol. It is cancel-safe.
    pub async fn next(&mut self) -> ConnectionStream {
        loop {
            tokio::select! {
                biased;
                Some(done) = self.handshakes.join_next() => match done {
                    Ok(Ok(stream)) => return stream,
                    Ok(Err(error)) => self.report(&error),
                    Err(error) => tracing::error!(listener = self.name, %error, "a TLS handshake panicked"),
                },
                stream = admit(&self.listener, self.name, &self.registry, self.deadline, &mut self.waiting) => {
                    let Some(tls) = &self.tls else { return ConnectionStream::Plaintext(stream) };
                    let acceptor = tls.acceptor.clone();
                    self.handshakes.spawn(complete_handshake(acceptor, stream));
                }
            }
        }
    }

    /// Serves each connection in a task of its own until `stop`. Then closes the listener, so that clients connect to
    /// another node at once, and waits until the connections end, for as long as `drain` permits.
    pub async fn serve<F>(
        mut self,
        serve_connection: impl Fn(ConnectionStream) -> F,
        drain: DrainLimits,
        stop: &CancellationToken,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let connections = TaskTracker::new();
        while let Some(stream) = stop.run_until_cancelled(self.next()).await {
            connections.spawn(serve_connection(stream));
        }
        let registry = self.registry.clone();
        drop(self);
        connections.close();
        tokio::select! {
            () = connections.wait() => {}
            never = registry.drain(drain) => match never {},
        }
    }

    fn report(&self, error: &HandshakeError) {
        if let Some(tls) = &self.tls {
            tls.observer.handshake_failed(error.failure);
        }
        if self.log.passes() {
            tracing::info!(listener = self.name, %error, "TLS handshake failed");
        }
    }
}

/// Waits for the next connection and its admission. An accepted connection is kept in `waiting` until it is admitted.
async fn admit(
    listener: &TcpListener,
    name: &str,
    registry: &ConnectionRegistry,
    deadline: ConnectionDeadline,
    waiting: &mut Option<(TcpStream, SocketAddr)>,
) -> BoundedStream {
    loop {
        let remote = if let Some((_, remote)) = waiting {
            *remote
        } else {
            let (stream, remote) = accept(listener, name).await;
            // Otherwise, a small response waits for the acknowledgement of the one before.
            let _ = stream.set_nodelay(true);
            *waiting = Some((stream, remote));
            remote
        };
        let admitted = registry.admit(remote).await;
        if let Some((stream, _)) = waiting.take() {
            return BoundedStream::new(stream, admitted, deadline);
        }
    }
}

async fn complete_handshake(acceptor: TlsAcceptor, stream: BoundedStream) -> Result<ConnectionStream, HandshakeError> {
    let (stream, certificate) = acceptor.accept(stream).await?;
    if let Some(certificate) = certificate {
        stream.get_ref().0.connection().set_client_identity(Arc::new(certificate));
    }
    Ok(ConnectionStream::Tls(Box::new(stream)))
}

/// Returns the next connection to `listener`. If accepting fails, it logs the error under `name` and retries.
async fn accept(listener: &TcpListener, name: &str) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(
                    listener = name,
                    %error,
                    retry_in = ?ACCEPT_RETRY_DELAY,
                    "failed to accept a connection; retrying"
                );
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}
