//! A client that keeps one connection, whatever happens on it, because libraries reconnect by themselves.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderValue, Request, Response};
use prost::{Message, bytes::Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
    time::{Duration, timeout},
};

use super::frames::framed;

/// A timeout far longer than any operation here takes.
const TIMEOUT: Duration = Duration::from_mins(1);

pub struct H2Client {
    requests: h2::client::SendRequest<Bytes>,
    connection: JoinSet<()>,
}

impl H2Client {
    pub async fn connect(node: SocketAddr, window: u32) -> Self {
        Self::over(TcpStream::connect(node).await.expect("a connection"), window).await
    }

    /// Connects by HTTP/2 over `stream`, with a window of `window` bytes for each response.
    pub async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, window: u32) -> Self {
        let mut builder = h2::client::Builder::new();
        let handshake = builder.initial_window_size(window).handshake(stream);
        let (requests, driving) = handshake.await.expect("HTTP/2");
        let mut connection = JoinSet::new();
        connection.spawn(async move {
            // A reset is also an end of the connection.
            let _ = driving.await;
        });
        Self { requests, connection }
    }

    /// Starts a unary call of `path`, or a stream with one request. Returns `None` if the connection has ended.
    pub async fn call<M: Message>(
        &mut self,
        path: &str,
        key: Option<&str>,
        message: &M,
    ) -> Option<Response<h2::RecvStream>> {
        let mut request = Request::post(format!("http://localhost{path}"));
        let headers = request.headers_mut().expect("headers");
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        if let Some(key) = key {
            headers.insert("authorization", format!("Bearer {key}").parse().expect("a header"));
        }
        let mut ready = self.requests.clone().ready().await.ok()?;
        let (response, mut body) = ready.send_request(request.body(()).expect("a request"), false).ok()?;
        body.send_data(framed(&message.encode_to_vec()).into(), true).ok()?;
        timeout(TIMEOUT, response).await.expect("a response in time").ok()
    }

    /// Returns the status of a unary call, or `None` if the connection has ended.
    pub async fn status<M: Message>(&mut self, path: &str, key: Option<&str>, message: &M) -> Option<tonic::Code> {
        let (head, mut body) = self.call(path, key, message).await?.into_parts();
        while let Some(data) = body.data().await {
            let length = data.ok()?.len();
            body.flow_control().release_capacity(length).ok()?;
        }
        let trailers: HeaderMap = body.trailers().await.ok()?.unwrap_or(head.headers);
        tonic::Status::from_header_map(&trailers).map(|status| status.code())
    }

    /// Waits until the node has ended the connection.
    pub async fn wait_until_ended(&mut self) {
        timeout(TIMEOUT, self.connection.join_next()).await.expect("an end in time");
    }

    /// Returns true if the connection is still open.
    pub fn is_open(&mut self) -> bool {
        self.connection.try_join_next().is_none()
    }
}
