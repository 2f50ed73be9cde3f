//! Connections to the gRPC port, limited in number and in time. A connection over the limit waits, and those behind it
//! wait in the system's queue, unless another connection is evicted.

use std::{io, sync::Arc};

use tokio_stream::Stream;
use tonic::transport::server::Connected;

use crate::transport::connections::{ConnectionStream, InboundConnection, IncomingConnections};

impl Connected for ConnectionStream {
    type ConnectInfo = Arc<InboundConnection>;

    fn connect_info(&self) -> Self::ConnectInfo {
        Arc::clone(self.connection())
    }
}

/// Returns the connections as the library takes them. Their TLS is handled below it, because the library cannot replace
/// a certificate.
pub(super) fn connection_stream(incoming: IncomingConnections) -> impl Stream<Item = io::Result<ConnectionStream>> {
    futures_util::stream::unfold(incoming, async |mut incoming| {
        let stream = incoming.next().await;
        Some((Ok(stream), incoming))
    })
}
