//! Connections to gRPC, at most so many at a time and none for ever. One over the limit waits, and
//! those behind it in the system's queue, unless another gives way to it.

use std::{io, sync::Arc};

use tokio::net::TcpListener;
use tokio_stream::Stream;
use tonic::transport::server::Connected;

use crate::transport::connections::{BoundedStream, ConnectionDeadline, ConnectionRegistry, InboundConnection, accept};

impl Connected for BoundedStream {
    type ConnectInfo = Arc<InboundConnection>;

    fn connect_info(&self) -> Self::ConnectInfo {
        Arc::clone(self.connection())
    }
}

/// Returns the connections to `listener`, each of which `registry` takes up and `deadline` ends.
///
/// TLS is spoken above: neither its handshake nor a beginning of HTTP/2 is an authenticated call.
pub(super) fn accept_connections(
    listener: TcpListener,
    registry: ConnectionRegistry,
    deadline: ConnectionDeadline,
) -> impl Stream<Item = io::Result<BoundedStream>> {
    futures_util::stream::unfold((listener, registry, deadline), async |(listener, registry, deadline)| {
        let (stream, remote) = accept(&listener, "gRPC").await;
        // Without it small answers wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let stream = BoundedStream::new(stream, registry.admit(remote).await, deadline);
        Some((Ok(stream), (listener, registry, deadline)))
    })
}
