//! Requests of HTTP/2 as frames, because a library refuses to send those that RFC 9113 §8.2 and §8.3 forbid.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, timeout},
};

/// A timeout far longer than any response takes.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Types of frames (RFC 9113 §6).
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const GOAWAY: u8 = 0x7;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// How the server ended a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// With a response, whose status is not read.
    Response,
    /// With `RST_STREAM`, `GOAWAY` or the end of the connection.
    Reset,
}

/// Sends a request with these header fields, exactly as they are, and waits until the server has ended it.
pub async fn send_frames(address: SocketAddr, fields: &[(&str, &[u8])], body: Option<&[u8]>) -> StreamEnd {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let mut request = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    request.extend(frame(SETTINGS, 0, 0, &[]));
    let block: Vec<u8> = fields.iter().flat_map(|(name, value)| literal(name.as_bytes(), value)).collect();
    let flags = if body.is_none() { END_HEADERS | END_STREAM } else { END_HEADERS };
    request.extend(frame(HEADERS, flags, 1, &block));
    if let Some(body) = body {
        request.extend(frame(DATA, END_STREAM, 1, body));
    }
    stream.write_all(&request).await.expect("a request");
    timeout(TIMEOUT, read_end(&mut stream)).await.expect("an end in time")
}

/// Reads frames until the stream ends.
async fn read_end(stream: &mut TcpStream) -> StreamEnd {
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return StreamEnd::Reset;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let (kind, flags) = (head[3], head[4]);
        let mut payload = vec![0; length];
        if stream.read_exact(&mut payload).await.is_err() || matches!(kind, RST_STREAM | GOAWAY) {
            return StreamEnd::Reset;
        }
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            return StreamEnd::Response;
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Returns a literal field without indexing, its name and value without Huffman coding (RFC 7541 §6.2.2).
fn literal(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        field.extend(length_prefix(text.len()));
        field.extend(text);
    }
    field
}

/// Returns an integer with a prefix of 7 bits (RFC 7541 §5.1).
fn length_prefix(length: usize) -> Vec<u8> {
    let byte = |value: usize| u8::try_from(value).expect("fewer than 256");
    let Some(mut rest) = length.checked_sub(127) else { return vec![byte(length)] };
    let mut prefix = vec![127];
    while rest >= 128 {
        prefix.push(byte(rest % 128 + 128));
        rest /= 128;
    }
    prefix.push(byte(rest));
    prefix
}
