//! A connection that costs less than the server at its other end: HTTP/2 frames of prepared requests, and no more of
//! gRPC than its five bytes and its trailers.

use std::{
    future::poll_fn,
    net::{Ipv4Addr, SocketAddr},
};

use h2::client::SendRequest;
use http::{HeaderMap, HeaderValue, Method as Verb, Request, Uri, Version};
use prost::{Message, bytes::Bytes};
use tokio::net::TcpStream;

/// Flag and length before each message.
const PREFIX: usize = 5;
const WINDOW: u32 = 1 << 20;

/// One method of a server, called with the same headers each time.
#[derive(Clone)]
pub struct Method {
    uri: Uri,
    headers: HeaderMap,
}

impl Method {
    /// A method of the service of sessions, at the server on that `port` of loopback.
    pub fn new(port: u16, name: &str, key: &str) -> Self {
        let uri = format!("http://127.0.0.1:{port}/session.v1.SessionService/{name}").parse().expect("an address");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        headers.insert("authorization", format!("Bearer {key}").parse().expect("a header"));
        Self { uri, headers }
    }

    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = Verb::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

/// Calls to one server. Clones share the connection.
#[derive(Clone)]
pub struct Connection(SendRequest<Bytes>);

impl Connection {
    /// A connection to the server on that `port` of loopback. It ends with the bench.
    pub async fn to(port: u16) -> Self {
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.expect("a server");
        stream.set_nodelay(true).expect("a socket");
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).enable_push(false);
        let (send, connection) = builder.handshake(stream).await.expect("HTTP/2");
        #[expect(clippy::disallowed_methods, reason = "it ends with the bench")]
        tokio::spawn(connection);
        Self(send)
    }

    /// As many of them.
    pub async fn several(number: usize, port: u16) -> Vec<Self> {
        let mut connections = Vec::new();
        for _ in 0..number {
            connections.push(Self::to(port).await);
        }
        connections
    }

    /// The message of the answer, or why there is none.
    pub async fn call(&mut self, method: &Method, body: Bytes) -> Result<Bytes, String> {
        let broken = |error: h2::Error| format!("the connection: {error}");
        poll_fn(|context| self.0.poll_ready(context)).await.map_err(broken)?;
        let (response, mut sending) = self.0.send_request(method.request(), false).map_err(broken)?;
        sending.send_data(body, true).map_err(broken)?;
        let (head, mut body) = response.await.map_err(broken)?.into_parts();
        let mut answer = Bytes::new();
        while let Some(part) = body.data().await {
            let part = part.map_err(broken)?;
            body.flow_control().release_capacity(part.len()).map_err(broken)?;
            answer = if answer.is_empty() { part } else { [answer, part].concat().into() };
        }
        let trailers = body.trailers().await.map_err(broken)?;
        let last = trailers.as_ref().unwrap_or(&head.headers);
        match last.get("grpc-status") {
            Some(status) if status == "0" => message(&answer),
            status => Err(format!("status {status:?}, {:?}", last.get("grpc-message"))),
        }
    }
}

/// The request as it is sent.
pub fn framed(message: &impl Message) -> Bytes {
    let length = u32::try_from(message.encoded_len()).expect("a short message");
    let mut frame = vec![0];
    frame.extend(length.to_be_bytes());
    message.encode(&mut frame).expect("room");
    frame.into()
}

/// The one message in an answer.
fn message(answer: &Bytes) -> Result<Bytes, String> {
    let prefix = answer.first_chunk::<PREFIX>().ok_or("an answer without a message")?;
    let [flag, length @ ..] = *prefix;
    let is_whole = usize::try_from(u32::from_be_bytes(length)) == Ok(answer.len() - PREFIX);
    if flag == 0 && is_whole { Ok(answer.slice(PREFIX..)) } else { Err("not one plain message".to_owned()) }
}
