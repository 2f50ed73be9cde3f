//! Connections of both listeners, bounded in number and in time regardless of their protocol.

mod bounded_stream;
mod incoming;
mod peer_network;
mod registry;
mod stream;

pub use bounded_stream::{BoundedStream, ConnectionDeadline};
pub use incoming::{HandshakeObserver, IncomingConnections, ListenerTls};
pub(super) use peer_network::PeerNetwork;
pub use registry::{
    AdmittedConnection, CallGuard, ConnectionQuota, ConnectionRegistry, DrainLimits, InboundConnection,
};
pub use stream::ConnectionStream;
