//! A client that sends requests as it likes.

use std::{fmt::Write as _, net::SocketAddr};

use http::{Method, Request};
use prost::bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Duration, timeout},
};

/// A timeout far longer than any response takes.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A response to a client.
#[derive(Clone, Debug, Default)]
pub struct ClientResponse {
    /// 0 if the connection was closed without a response.
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl ClientResponse {
    /// Returns the values of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the value of a header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers(name).first().copied().unwrap_or_default()
    }

    /// Returns the values of a header in the request that reached the application.
    pub fn upstream(&self, name: &str) -> Vec<&str> {
        let values = self.body.lines().filter_map(|line| line.split_once(": "));
        values.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }
}

/// The protocol of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

/// Sends a GET with these headers.
pub async fn get(address: SocketAddr, protocol: Protocol, path: &str, headers: &[(&str, &str)]) -> ClientResponse {
    match protocol {
        Protocol::Http1 => send(address, &http1_request("GET", path, headers)).await,
        Protocol::Http2 => send_http2(address, path, headers).await,
    }
}

/// Returns a request of HTTP/1.1 without a body, after which the connection is closed.
pub fn http1_request(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: app.example\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        request.push_str("connection: close\r\n");
    }
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    request + "\r\n"
}

/// Sends bytes, and returns the first response.
pub async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> ClientResponse {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_ref()).await.expect("a request");
    read_response(&mut stream).await
}

/// Reads a response with its body.
pub async fn read_response(stream: &mut TcpStream) -> ClientResponse {
    let mut received = Vec::new();
    let reading = async {
        let mut bytes = [0; 4096];
        while !is_complete(&received) {
            match stream.read(&mut bytes).await {
                Ok(read @ 1..) => received.extend_from_slice(&bytes[..read]),
                _ => break,
            }
        }
    };
    timeout(TIMEOUT, reading).await.expect("a response in time");
    parse_response(&received)
}

fn is_complete(received: &[u8]) -> bool {
    let text = String::from_utf8_lossy(received);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    if head.starts_with("HTTP/1.1 101") {
        return true;
    }
    let length =
        head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

fn parse_response(received: &[u8]) -> ClientResponse {
    let text = String::from_utf8_lossy(received);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return ClientResponse::default() };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    ClientResponse { status, headers, body: body.to_owned() }
}

async fn send_http2(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> ClientResponse {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut requests, connection) = h2::client::Builder::new().handshake::<_, Bytes>(stream).await.expect("HTTP/2");
    let mut driving = JoinSet::new();
    driving.spawn(async move {
        // The end of the connection is seen by the request.
        let _ = connection.await;
    });
    let mut request = Request::builder().method(Method::GET).uri(format!("http://app.example{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (response, _) = requests.send_request(request.body(()).expect("a request"), true).expect("sent");
    let Ok(response) = timeout(TIMEOUT, response).await.expect("a response in time") else {
        return ClientResponse::default();
    };
    let (head, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(Ok(data)) = stream.data().await {
        drop(stream.flow_control().release_capacity(data.len()));
        body.extend_from_slice(&data);
    }
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    ClientResponse {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
