//! Incomplete requests, over bare HTTP/2.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderValue, Request};
use prost::bytes::Bytes;
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Duration, timeout},
};
use tonic::Status;

/// A timeout far longer than any operation here takes.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A connection that sends what a test specifies.
pub struct RawConnection {
    sending: h2::client::SendRequest<Bytes>,
    _connection: JoinSet<()>,
}

/// A request whose headers were sent.
pub struct PartialRequest {
    pub body: h2::SendStream<Bytes>,
    answer: h2::client::ResponseFuture,
}

impl RawConnection {
    pub async fn open(node: SocketAddr) -> Self {
        let stream = TcpStream::connect(node).await.expect("a connection");
        let (sending, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        let mut driving = JoinSet::new();
        driving.spawn(async move {
            let _ = connection.await;
        });
        Self { sending, _connection: driving }
    }

    /// Sends the headers of a call to `method`, `package.Service/Method`, with an API key if one is given.
    pub async fn begin(&mut self, method: &str, key: Option<&str>) -> PartialRequest {
        self.begin_within(method, key, None).await
    }

    /// Does the same as [`begin`](Self::begin), with the caller's deadline (`grpc-timeout`).
    pub async fn begin_within(
        &mut self,
        method: &str,
        key: Option<&str>,
        grpc_timeout: Option<&'static str>,
    ) -> PartialRequest {
        let mut sending = self.sending.clone().ready().await.expect("a stream");
        let mut request = Request::post(format!("http://localhost/{method}"));
        let headers = request.headers_mut().expect("headers");
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        if let Some(span) = grpc_timeout {
            headers.insert("grpc-timeout", HeaderValue::from_static(span));
        }
        if let Some(key) = key {
            headers.insert("authorization", format!("Bearer {key}").parse().expect("a header"));
        }
        let (answer, body) = sending.send_request(request.body(()).expect("a request"), false).expect("sent");
        PartialRequest { body, answer }
    }
}

impl PartialRequest {
    /// Waits for the response, which has no message, and returns its status.
    pub async fn status(&mut self) -> Status {
        let answer = timeout(TIMEOUT, &mut self.answer).await.expect("a response in time").expect("a response");
        let headers: &HeaderMap = answer.headers();
        Status::from_header_map(headers).expect("a failure")
    }

    /// Waits until the response has started, and requires that it is successful.
    pub async fn wait_for_success(&mut self) {
        let answer = timeout(TIMEOUT, &mut self.answer).await.expect("a response in time").expect("a response");
        assert!(!answer.headers().contains_key("grpc-status"), "refused: {:?}", answer.headers());
    }
}
