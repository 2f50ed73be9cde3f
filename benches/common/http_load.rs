//! Full load over HTTP/1.1: each connection is kept, and each response is followed by the next request. The client
//! writes prepared requests and reads as much of a response as it checks, so that it costs less than the server.

use std::{
    fmt::Write as _,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prost::bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::closed_loop::{CallTally, CheckOrder, run_workers};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const END_OF_CHUNKS: &[u8] = b"0\r\n\r\n";

/// A request, and what its response must have.
pub struct HttpCheck {
    request: Bytes,
    status: [u8; 3],
    /// A text in the head or in the body; it may be empty.
    expected: String,
}

impl HttpCheck {
    /// Returns a GET with these headers. Its response must have this status, and this text in its head or body.
    pub fn get(path: &str, headers: &[(&str, &str)], status: u16, expected: &str) -> Self {
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: app.example\r\n");
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        request.push_str("\r\n");
        let status = status.to_string().into_bytes().try_into().expect("three digits");
        Self { request: request.into(), status, expected: expected.to_owned() }
    }
}

/// A server on loopback, and the checks to send to it.
#[derive(Clone)]
pub struct HttpTarget {
    port: u16,
    checks: Arc<[HttpCheck]>,
    order: CheckOrder,
}

impl HttpTarget {
    pub fn new(port: u16, checks: Vec<HttpCheck>) -> Self {
        Self { port, checks: checks.into(), order: CheckOrder::default() }
    }

    /// Keeps one request in flight on each of `connections` for `span`.
    pub async fn run(&self, connections: usize, span: Duration) -> CallTally {
        run_workers(connections, span, |_, stop| send_until(self.clone(), stop)).await
    }
}

async fn send_until(target: HttpTarget, stop: Arc<AtomicBool>) -> CallTally {
    let mut tally = CallTally::default();
    let mut connection = None;
    while !stop.load(Ordering::Relaxed) {
        let check = &target.checks[target.order.next_index(target.checks.len())];
        let exchanged = exchange(&mut connection, target.port, check).await;
        if !matches!(exchanged, Ok(Persistence::Keep)) {
            connection = None;
        }
        tally.record(exchanged.map(drop));
    }
    tally
}

/// Whether the server keeps the connection after a response (RFC 9112 §9.6).
enum Persistence {
    Keep,
    Close,
}

/// A connection with the bytes that were received last.
struct HttpConnection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// Sends a request over the connection, opening it first if it is closed, and checks the response.
async fn exchange(
    connection: &mut Option<HttpConnection>,
    port: u16,
    check: &HttpCheck,
) -> Result<Persistence, String> {
    if connection.is_none() {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        *connection = Some(HttpConnection { stream, received: Vec::with_capacity(4096) });
    }
    let Some(HttpConnection { stream, received }) = connection else { return Err("no connection".to_owned()) };
    stream.write_all(&check.request).await.map_err(|error| error.to_string())?;
    received.clear();
    let mut end = None;
    while end.is_none_or(|end: ResponseEnd| !end.is_reached(received)) {
        match stream.read_buf(received).await {
            Ok(0) => return Err("the connection was closed".to_owned()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
        if end.is_none() {
            end = ResponseEnd::find(received);
        }
    }
    let has_status = received.get(9..12) == Some(&check.status);
    if has_status && contains(received, check.expected.as_bytes()) {
        return Ok(if ends_connection(received) { Persistence::Close } else { Persistence::Keep });
    }
    Err(format!("expected {:?} in {}", check.expected, String::from_utf8_lossy(received)))
}

fn ends_connection(received: &[u8]) -> bool {
    let mut lines = received.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take_while(|line| !line.is_empty());
    lines.any(|line| line.eq_ignore_ascii_case(b"connection: close"))
}

/// The end of a response (RFC 9112 §6.3).
#[derive(Clone, Copy)]
enum ResponseEnd {
    Length(usize),
    LastChunk,
}

impl ResponseEnd {
    /// Returns the end of a response, once its head has arrived.
    fn find(received: &[u8]) -> Option<Self> {
        let head = received.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD)? + END_OF_HEAD.len();
        let length = received[..head].split(|byte| *byte == b'\n').find_map(|line| {
            let (name, value) = line.split_at_checked("content-length:".len())?;
            let value = name.eq_ignore_ascii_case(b"content-length:").then_some(value)?;
            std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok()
        });
        Some(length.map_or(Self::LastChunk, |length| Self::Length(head + length)))
    }

    fn is_reached(self, received: &[u8]) -> bool {
        match self {
            Self::Length(length) => received.len() >= length,
            Self::LastChunk => received.ends_with(END_OF_CHUNKS),
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}
