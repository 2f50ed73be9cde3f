//! Connections as both listeners keep them: bounded in number and in time, whatever is spoken on them.

mod bounded_stream;
mod peer_network;
mod registry;

use std::{net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};

pub use bounded_stream::{BoundedStream, ConnectionDeadline};
pub use registry::{
    AdmittedConnection, CallGuard, ConnectionQuota, ConnectionRegistry, DrainLimits, InboundConnection,
};

/// How long accepting pauses after it failed for want of resources, such as file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Returns the next connection to `listener`, which the log calls `name`.
pub async fn accept(listener: &TcpListener, name: &str) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(listener = name, %error, retry_in = ?ACCEPT_RETRY_DELAY, "failed to accept a connection; retrying");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}
