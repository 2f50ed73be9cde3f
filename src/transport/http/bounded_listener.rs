//! Connections of HTTP, limited in number and in time.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::net::TcpListener;

use crate::{
    clock::Stopwatch,
    transport::connections::{
        ConnectionDeadline, ConnectionQuota, ConnectionRegistry, ConnectionStream, InboundConnection,
        IncomingConnections, ListenerTls,
    },
};

/// Limits on the number of connections, and on the time that each may take for a request.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    pub connections: usize,
    /// The time from the start of the connection, or from the previous response, to the next response.
    pub request_timeout: Duration,
}

/// A listener whose connections are limited by a registry and closed at a deadline.
pub(super) struct BoundedListener {
    incoming: IncomingConnections,
    registry: ConnectionRegistry,
}

impl BoundedListener {
    /// Returns the listener of the management port. It makes room for a new connection by closing the oldest one. A
    /// probe is therefore always accepted, however many connections others hold open.
    pub(super) fn for_management(listener: TcpListener, tls: Option<ListenerTls>, limits: ConnectionLimits) -> Self {
        let registry = ConnectionRegistry::new(ConnectionQuota::without_authentication(limits.connections));
        let deadline = ConnectionDeadline::Response(limits.request_timeout);
        Self { incoming: IncomingConnections::new(listener, "management", registry.clone(), deadline, tls), registry }
    }

    /// Returns the connections of this listener.
    pub(super) fn registry(&self) -> ConnectionRegistry {
        self.registry.clone()
    }
}

impl Listener for BoundedListener {
    type Io = ConnectionStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let stream = self.incoming.next().await;
        let remote = stream.connection().remote();
        (stream, remote)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.incoming.local_addr()
    }
}

/// The connection of a request.
#[derive(Clone)]
pub(super) struct RequestConnection {
    pub(super) connection: Arc<InboundConnection>,
    /// The time since the connection was accepted.
    pub(super) opened: Stopwatch,
}

impl RequestConnection {
    /// Returns a connection that was accepted just now.
    pub(super) fn new(connection: Arc<InboundConnection>) -> Self {
        Self { connection, opened: Stopwatch::start() }
    }
}

impl Connected<IncomingStream<'_, BoundedListener>> for RequestConnection {
    fn connect_info(stream: IncomingStream<'_, BoundedListener>) -> Self {
        Self::new(Arc::clone(stream.io().connection()))
    }
}
