//! HTTP/2 as bytes, for requests that no client library sends.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, timeout},
};

/// The preface of a client (RFC 9113 §3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const END_HEADERS: u8 = 4;
const CANCEL: u32 = 8;

/// A timeout far longer than any operation here takes.
const TIMEOUT: Duration = Duration::from_mins(1);

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Returns an empty SETTINGS frame.
pub fn settings() -> Vec<u8> {
    frame(4, 0, 0, &[])
}

/// Returns the frames of a call of `path` that is cancelled right after its start.
pub fn cancelled_call_frames(stream: u32, path: &str) -> Vec<u8> {
    [open_call_frame(stream, path), frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())].concat()
}

/// Returns the frame that starts a call of `path`.
pub fn open_call_frame(stream: u32, path: &str) -> Vec<u8> {
    let headers = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    // Literals without indexing (RFC 7541 §6.2.2).
    let text = |text: &str| [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    let block: Vec<u8> = headers.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect();
    frame(HEADERS, END_HEADERS, stream, &block)
}

/// Returns the frame with the message of a call, which also ends it.
pub fn message(stream: u32, framed: &[u8]) -> Vec<u8> {
    frame(0, 1, stream, framed)
}

/// The outcome of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionFate {
    /// The call on this stream got a response.
    Answered(u32),
    /// The server ended the connection, with this HTTP/2 error code.
    GoingAway(u32),
    Closed,
}

/// Sends `bytes` at once and reads until the call on `stream` has a response or the connection ends.
pub async fn observe_fate(connection: &mut TcpStream, bytes: &[u8], stream: u32) -> ConnectionFate {
    connection.write_all(bytes).await.expect("bytes are taken");
    timeout(TIMEOUT, read(connection, stream)).await.expect("a fate in time")
}

async fn read(connection: &mut TcpStream, awaited: u32) -> ConnectionFate {
    loop {
        let mut head = [0; 9];
        if connection.read_exact(&mut head).await.is_err() {
            return ConnectionFate::Closed;
        }
        let [a, b, c, kind, _, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if connection.read_exact(&mut payload).await.is_err() {
            return ConnectionFate::Closed;
        }
        match kind {
            HEADERS if u32::from_be_bytes(stream) == awaited => return ConnectionFate::Answered(awaited),
            GOAWAY => {
                let code = payload.get(4..8).expect("a code").try_into().expect("four bytes");
                return ConnectionFate::GoingAway(u32::from_be_bytes(code));
            }
            _ => {}
        }
    }
}
