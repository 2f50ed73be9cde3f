//! A streaming call over bare HTTP/2, whose client decides when it reads.

use std::{future::poll_fn, net::SocketAddr};

use http::{HeaderMap, HeaderValue, Request};
use prost::{
    Message,
    bytes::{Buf, Bytes, BytesMut},
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    task::JoinSet,
    time::{Duration, timeout},
};
use tonic::Status;

use super::frames::framed;

/// The default window of a stream in HTTP/2.
pub const NORMAL_WINDOW: u32 = 65_535;

/// A timeout far longer than any operation here takes.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A call whose response has started, on a separate connection. Nothing is read before a test requests it.
pub struct H2Stream {
    /// Accepts further requests; `None` if there are no more.
    pub requests: Option<h2::SendStream<Bytes>>,
    body: h2::RecvStream,
    bytes: BytesMut,
    windows: mpsc::Sender<u32>,
    _connection: JoinSet<()>,
}

impl H2Stream {
    /// Calls `method`, `package.Service/Method`, with one request and with a window of `window` bytes for responses.
    pub async fn open<M: Message>(node: SocketAddr, method: &str, request: &M, window: u32) -> Self {
        let mut stream = Self::begin(node, method, window, true, Some(framed(&request.encode_to_vec()))).await;
        stream.requests = None;
        stream
    }

    /// Does the same as [`open`](Self::open) for a call with many requests, none of which has been sent yet.
    pub async fn open_for_requests(node: SocketAddr, method: &str, window: u32) -> Self {
        Self::begin(node, method, window, false, None).await
    }

    async fn begin(node: SocketAddr, method: &str, window: u32, is_last: bool, first: Option<Vec<u8>>) -> Self {
        let stream = TcpStream::connect(node).await.expect("a connection");
        let mut builder = h2::client::Builder::new();
        let handshake = builder.initial_window_size(window).handshake::<_, Bytes>(stream);
        let (sending, mut connection) = handshake.await.expect("HTTP/2");
        let (windows, mut wider) = mpsc::channel(1);
        let mut driving = JoinSet::new();
        driving.spawn(async move {
            loop {
                tokio::select! {
                    Some(window) = wider.recv() => connection.set_initial_window_size(window).expect("a window"),
                    _ = &mut connection => return,
                }
            }
        });
        let mut sending = sending.ready().await.expect("a stream");
        let mut request = Request::post(format!("http://localhost/{method}"));
        let headers = request.headers_mut().expect("headers");
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        let (answer, mut requests) = sending.send_request(request.body(()).expect("a request"), false).expect("sent");
        if let Some(first) = first {
            requests.send_data(first.into(), is_last).expect("a request is sent");
        }
        let answer = timeout(TIMEOUT, answer).await.expect("a response in time").expect("a response");
        assert!(!answer.headers().contains_key("grpc-status"), "refused: {:?}", answer.headers());
        let (requests, body) = (Some(requests), answer.into_body());
        Self { requests, body, bytes: BytesMut::new(), windows, _connection: driving }
    }

    pub fn send<M: Message>(&mut self, request: &M) {
        let frame = framed(&request.encode_to_vec());
        self.requests.as_mut().expect("more requests").send_data(frame.into(), false).expect("a request is sent");
    }

    /// Continues with a window of `window` bytes.
    pub async fn widen(&mut self, window: u32) {
        self.windows.send(window).await.expect("the connection is there");
    }

    /// Returns the next response, or the status at the end.
    pub async fn next<M: Message + Default>(&mut self) -> Result<M, Status> {
        timeout(TIMEOUT, self.read()).await.expect("a response in time")
    }

    /// Returns all further responses, and the status.
    pub async fn rest<M: Message + Default>(&mut self) -> (Vec<M>, Status) {
        let mut responses = Vec::new();
        loop {
            match self.next().await {
                Ok(response) => responses.push(response),
                Err(status) => return (responses, status),
            }
        }
    }

    async fn read<M: Message + Default>(&mut self) -> Result<M, Status> {
        loop {
            if let Some(length) = self.bytes.get(1..5) {
                let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
                if self.bytes.len() >= 5 + length {
                    self.bytes.advance(5);
                    return Ok(M::decode(self.bytes.split_to(length)).expect("a response"));
                }
            }
            let Some(data) = poll_fn(|context| self.body.poll_data(context)).await else {
                let trailers = self.body.trailers().await.expect("an end");
                return Err(status_of(&trailers.expect("trailers")));
            };
            let data = data.expect("data");
            self.body.flow_control().release_capacity(data.len()).expect("room");
            self.bytes.extend_from_slice(&data);
        }
    }
}

fn status_of(trailers: &HeaderMap) -> Status {
    Status::from_header_map(trailers).expect("a status")
}
