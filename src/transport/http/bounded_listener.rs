//! Connections to the management port: few at a time, and none that stays without a request.

use std::{io, net::SocketAddr, time::Duration};

use axum::serve::Listener;
use tokio::net::TcpListener;

use crate::transport::connections::{BoundedStream, ConnectionDeadline, ConnectionQuota, ConnectionRegistry, accept};

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
    registry: ConnectionRegistry,
    deadline: ConnectionDeadline,
}

impl BoundedListener {
    pub(super) fn new(listener: TcpListener, limits: ConnectionLimits) -> Self {
        let registry = ConnectionRegistry::new(ConnectionQuota::without_authentication(limits.connections));
        Self { listener, registry, deadline: ConnectionDeadline::Response(limits.request_timeout) }
    }

    /// The connections of this listener.
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
