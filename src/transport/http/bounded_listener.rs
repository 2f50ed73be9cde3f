//! Connections to the management port, limited in number, and closed if no request arrives in time.

use std::{io, net::SocketAddr, time::Duration};

use axum::serve::Listener;
use tokio::net::TcpListener;

use crate::transport::connections::{BoundedStream, ConnectionDeadline, ConnectionQuota, ConnectionRegistry, accept};

/// Limits on the number of connections, and on the time that each may take for a request.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    pub connections: usize,
    /// The time from the start of the connection, or from the previous response, to the next response.
    pub request_timeout: Duration,
}

/// A listener that makes room for a new connection by closing the oldest one. A probe is therefore always accepted,
/// however many connections others hold open.
pub(super) struct BoundedListener {
    listener: TcpListener,
    registry: ConnectionRegistry,
    deadline: ConnectionDeadline,
}

impl BoundedListener {
    pub(super) fn new(listener: TcpListener, limits: ConnectionLimits) -> Self {
        let registry = ConnectionRegistry::new(ConnectionQuota::without_authentication(limits.connections));
        Self { listener, registry, deadline: ConnectionDeadline::Response(limits.request_timeout) }
    }

    /// Returns the connections of this listener.
    pub(super) fn registry(&self) -> ConnectionRegistry {
        self.registry.clone()
    }
}

impl Listener for BoundedListener {
    type Io = BoundedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, remote) = accept(&self.listener, "management").await;
        let admitted = self.registry.admit(remote).await;
        (BoundedStream::new(stream, admitted, self.deadline), remote)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
