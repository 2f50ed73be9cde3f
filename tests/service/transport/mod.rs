//! Guarantees about connections and calls of any method.

mod cancelled_bursts;
mod connection_shares;
mod connections;
mod deadlines;
pub mod frames;
mod h2_client;
pub mod h2_stream;
mod health_streams;
mod limits;
mod metadata;
mod odd_requests;
mod raw_tls;
mod shutdown;
mod tls;
mod unauthenticated;
pub mod unread_responses;

use std::time::Duration;

use session_authority::api::{ValidateRequest, ValidateResponse};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tonic::{Response, Status, transport::Channel};

use super::fixture::TestService;
use crate::support::{proxy::TcpProxy, redis::RedisServer};

/// A node whose store can be made to hang.
pub struct FreezableNode {
    pub service: TestService,
    pub proxy: TcpProxy,
}

impl FreezableNode {
    /// Starts a node that waits for the store as long as possible, unless the settings differ.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let redis = RedisServer::start().await;
        let proxy = TcpProxy::start(redis.address()).await;
        let url = redis.url_through(proxy.address());
        let patient = [("STORE__URL", url.as_str()), ("STORE__RESPONSE_TIMEOUT", "1m")];
        let service = TestService::start(Some(redis), &[&patient, settings].concat()).await;
        Self { service, proxy }
    }
}

async fn validate(channel: &Channel, token: &str) -> Result<Response<ValidateResponse>, Status> {
    let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
    session_authority::api::session_service_client::SessionServiceClient::new(channel.clone()).validate(request).await
}

/// Waits until the peer has closed the connection.
pub async fn wait_until_closed(mut stream: TcpStream) {
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
    // A reset counts as closed, too.
    let _ = end.expect("the peer closes");
}

/// Returns true if the peer has not closed the connection yet.
pub fn is_open(stream: &TcpStream) -> bool {
    loop {
        match stream.try_read(&mut [0; 1024]) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }
}
