//! Connections of both listeners, bounded in number and in time regardless of their protocol.

mod bounded_stream;
mod peer_network;
mod registry;

use std::{net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};

pub use bounded_stream::{BoundedStream, ConnectionDeadline};
pub use registry::{
    AdmittedConnection, CallGuard, ConnectionQuota, ConnectionRegistry, DrainLimits, InboundConnection,
};

/// The pause after accepting failed for lack of resources, such as file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Returns the next connection to `listener`. If accepting fails, it logs the error under `name` and retries.
pub async fn accept(listener: &TcpListener, name: &str) -> (TcpStream, SocketAddr) {
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
