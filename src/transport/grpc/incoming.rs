//! Connections to the gRPC port, limited in number and in time. A connection over the limit waits, and those behind it
//! wait in the system's queue, unless another connection is evicted.

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

/// Returns the connections to `listener`. `registry` admits each of them, and `deadline` closes it.
///
/// TLS is handled above: neither its handshake nor the preface of HTTP/2 is an authenticated call.
pub(super) fn accept_connections(
    listener: TcpListener,
    registry: ConnectionRegistry,
    deadline: ConnectionDeadline,
) -> impl Stream<Item = io::Result<BoundedStream>> {
    futures_util::stream::unfold((listener, registry, deadline), async |(listener, registry, deadline)| {
        let (stream, remote) = accept(&listener, "gRPC").await;
        // Otherwise, a small response waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let stream = BoundedStream::new(stream, registry.admit(remote).await, deadline);
        Some((Ok(stream), (listener, registry, deadline)))
    })
}
