//! An application behind a gateway, which responds with the request that reached it.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use prost::bytes::Bytes;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The start of a connection of HTTP/2 with prior knowledge (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// The key of every WebSocket in these tests, and the response to it: those of RFC 6455 §1.3.
pub const WEBSOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const WEBSOCKET_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// An application that speaks HTTP/1.1, HTTP/2 and WebSocket, on one port.
pub struct Application {
    pub address: SocketAddr,
    /// The heads of all requests that arrived.
    received: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Application {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("its address");
        let received = Arc::<Mutex<Vec<String>>>::default();
        let mut serving = JoinSet::new();
        let log = Arc::clone(&received);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&log)));
            }
        });
        Self { address, received, _serving: serving }
    }

    /// Returns the heads of all requests that arrived since the last call.
    pub fn take_received(&self) -> Vec<String> {
        std::mem::take(&mut *self.received.lock().expect("the requests"))
    }
}

async fn serve(stream: TcpStream, log: Arc<Mutex<Vec<String>>>) {
    let mut first = [0; PREFACE.len()];
    while let Ok(read @ 1..) = stream.peek(&mut first).await {
        if !PREFACE.starts_with(&first[..read]) {
            return serve_http1(stream, &log).await;
        }
        if read == PREFACE.len() {
            return serve_http2(stream, &log).await;
        }
        tokio::task::yield_now().await;
    }
}

fn record(log: &Mutex<Vec<String>>, head: &str) {
    log.lock().expect("the requests").push(head.to_owned());
}

async fn serve_http1(stream: TcpStream, log: &Mutex<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    while let Some(head) = read_head(&mut stream).await {
        record(log, &head);
        let lower = head.to_ascii_lowercase();
        if lower.contains("upgrade: websocket") {
            let accepted = format!(
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
                 sec-websocket-accept: {WEBSOCKET_ACCEPT}\r\n\r\n"
            );
            drop(stream.write_all(accepted.as_bytes()).await);
            // From here on the application repeats what it receives.
            let mut bytes = [0; 1024];
            while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                drop(stream.write_all(&bytes[..read]).await);
            }
            return;
        }
        if skip_body(&mut stream, &lower).await.is_none() {
            return;
        }
        let body = if head.starts_with("HEAD ") { "" } else { &head };
        let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", head.len());
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// Reads the body of a request whose head is in lower case.
async fn skip_body(stream: &mut BufReader<TcpStream>, head: &str) -> Option<()> {
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if header("transfer-encoding:").is_some_and(|coding| coding.ends_with("chunked")) {
        let mut body = Vec::new();
        while !body.ends_with(b"0\r\n\r\n") {
            if stream.read_until(b'\n', &mut body).await.ok()? == 0 {
                return None;
            }
        }
    } else if let Some(length) = header("content-length:") {
        let mut body = vec![0; length.parse().ok()?];
        stream.read_exact(&mut body).await.ok()?;
    }
    Some(())
}

async fn serve_http2(stream: TcpStream, log: &Mutex<Vec<String>>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let mut head = format!("{} {}\r\n", request.method(), request.uri().path());
        for (name, value) in request.headers() {
            let _ = write!(head, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
        }
        record(log, &head);
        if let Ok(mut body) = respond.send_response(http::Response::new(()), false) {
            drop(body.send_data(Bytes::from(head), true));
        }
    }
}
