//! The HTTP client of webhooks.
//!
//! Each attempt has a connection of its own, to an address that was examined, and one time limit for everything. No
//! proxy is used, no redirect is followed, and the body of the response is not read.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use http::{HeaderMap, Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::{
    address::{AddressResolver, permitted_addresses},
    attempt::{AttemptFailure, EndpointResponse, parse_retry_after},
    encoded_message::EncodedMessage,
    files::WebhookFiles,
};
use crate::{
    clock::Clock,
    domain::webhook::{WebhookEndpoint, WebhookSecret, WebhookUrl},
};

/// Time limit for opening a connection to one address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of the headers of a response, in bytes.
const HEADER_BYTES: usize = 16 * 1024;

const USER_AGENT: &str = concat!("session-authority/", env!("CARGO_PKG_VERSION"));

/// Sends messages to endpoints.
#[derive(Clone)]
pub struct WebhookSender {
    pub files: WebhookFiles,
    pub resolver: Arc<dyn AddressResolver>,
    pub clock: Arc<dyn Clock>,
    /// Time limit of an attempt, from the resolution of the host to the headers of the response.
    pub timeout: Duration,
}

impl WebhookSender {
    /// Sends a message once. Returns the status of the response if it means that the message was delivered.
    pub(super) async fn send(
        &self,
        endpoint: &WebhookEndpoint,
        secrets: &[WebhookSecret],
        id: &str,
        message: &EncodedMessage,
    ) -> Result<u16, AttemptFailure> {
        let request = self.signed_request(&endpoint.url, secrets, id, message);
        let request = request.map_err(|error| AttemptFailure::without_response(error.to_string()))?;
        match timeout(self.timeout, self.exchange(endpoint, request)).await {
            Ok(Ok(response)) => response.into_outcome(),
            Ok(Err(error)) => Err(AttemptFailure::without_response(error)),
            Err(_) => Err(AttemptFailure::without_response(format!("no response within {} s", self.timeout.as_secs()))),
        }
    }

    fn signed_request(
        &self,
        url: &WebhookUrl,
        secrets: &[WebhookSecret],
        id: &str,
        message: &EncodedMessage,
    ) -> http::Result<Request<String>> {
        let timestamp = self.clock.now().get() / 1000;
        let request = Request::post(url.path_and_query())
            .header(header::HOST, url.authority())
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::CONTENT_TYPE, message.content_type)
            .header(header::ACCEPT, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp);
        let signatures: Vec<_> =
            secrets.iter().map(|secret| secret.sign(id, timestamp, message.body.as_bytes())).collect();
        let request =
            if signatures.is_empty() { request } else { request.header("webhook-signature", signatures.join(" ")) };
        request.body(message.body.clone())
    }

    async fn exchange(&self, endpoint: &WebhookEndpoint, request: Request<String>) -> Result<EndpointResponse, String> {
        let (host, port) = (endpoint.url.host(), endpoint.url.port());
        let addresses = self.resolver.resolve(&host, port).await.map_err(|error| format!("no address: {error}"))?;
        let addresses = permitted_addresses(addresses, endpoint.allow_private_addresses)?;
        let stream = connect(&addresses).await.map_err(|error| format!("no connection: {error}"))?;
        let response = if endpoint.url.is_encrypted() {
            let stream =
                self.files.tls().connect(&host, stream).await.map_err(|error| format!("TLS failed: {error}"))?;
            exchange_headers(stream, request).await
        } else {
            exchange_headers(stream, request).await
        };
        let (status, headers) = response.map_err(|error| format!("no response: {error}"))?;
        let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|value| parse_retry_after(value, self.clock.now()));
        Ok(EndpointResponse { status, retry_after })
    }
}

/// Connects to the first address that accepts a connection.
async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failure)
}

/// Sends the request and returns the status and the headers of the response. The connection is closed.
async fn exchange_headers<S>(stream: S, request: Request<String>) -> hyper::Result<(u16, HeaderMap)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEADER_BYTES);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let (response, connection) = (pin!(sender.send_request(request)), pin!(connection));
    let response = match select(response, connection).await {
        Either::Left((response, _)) => response?,
        Either::Right((_, response)) => response.await?,
    };
    let (parts, _) = response.into_parts();
    Ok((parts.status.as_u16(), parts.headers))
}
