//! A real HTTP receiver with responses of choice.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::{service::fixture::eventually, support::certificates::ServerCertificate};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The method and the path.
    pub line: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Responds with this status and these header lines, each with its line feed.
    Status(u16, &'static str),
    /// Responds with headers and then with a body that does not end.
    EndlessBody,
    /// Never responds.
    Silence,
}

#[derive(Default)]
struct State {
    requests: Vec<ReceivedRequest>,
    /// The next replies, before that which is the rule.
    replies: VecDeque<Reply>,
    rule: Option<Reply>,
}

/// A receiver on a free port of this machine. It ends with its value.
pub struct Receiver {
    pub address: SocketAddr,
    is_encrypted: bool,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    /// Starts a receiver that responds with 200.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Starts a receiver with TLS.
    pub async fn start_tls(certificate: &ServerCertificate) -> Self {
        Self::start_with(Some(acceptor(certificate))).await
    }

    async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, is_encrypted) = (Arc::<Mutex<State>>::default(), tls.is_some());
        let mut tasks = JoinSet::new();
        let served = Arc::clone(&state);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (state, tls) = (Arc::clone(&served), tls.clone());
                connections.spawn(async move {
                    match tls {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &state).await,
                            Err(_) => None,
                        },
                        None => serve(stream, &state).await,
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, is_encrypted, state, _tasks: tasks }
    }

    /// Returns the URL, with `localhost` as the host.
    pub fn url(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://localhost:{}/hook?key=path-secret", self.address.port())
    }

    /// Sets the replies to the next requests.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state.lock().expect("state").replies.extend(replies);
    }

    /// Sets the reply to every later request.
    pub fn always(&self, reply: Reply) {
        self.state.lock().expect("state").rule = Some(reply);
    }

    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.lock().expect("state").requests.clone()
    }

    /// Waits for a number of requests and returns all that have arrived.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedRequest> {
        eventually(&format!("{count} requests have arrived"), || async { self.requests().len() >= count }).await;
        self.requests()
    }

    /// Waits for requests of one type.
    pub async fn wait_for_type(&self, event_type: &str, count: usize) -> Vec<ReceivedRequest> {
        let of_type = || self.requests().into_iter().filter(|request| request.event_type() == event_type);
        eventually(&format!("{count} of {event_type}"), || async { of_type().count() >= count }).await;
        of_type().collect()
    }
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn event_type(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().to_owned()
    }

    /// Returns whether one of the signatures was made with this secret, for `body`.
    pub fn is_signed_with(&self, secret: &str, body: &[u8]) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").expect("a secret").as_bytes()).expect("base64");
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("a key");
        mac.update(format!("{}.{}.", self.id(), self.header("webhook-timestamp")).as_bytes());
        mac.update(body);
        let expected = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

fn acceptor(certificate: &ServerCertificate) -> TlsAcceptor {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let chain = CertificateDer::pem_slice_iter(certificate.certificate.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config =
        builder.expect("versions").with_no_client_auth().with_single_cert(chain, key).expect("a configuration");
    TlsAcceptor::from(Arc::new(config))
}

/// Receives one request and replies to it. Returns `None` if the client has closed the connection.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, state: &Mutex<State>) -> Option<()> {
    let request = receive(&mut stream).await?;
    let reply = {
        let mut state = state.lock().expect("state");
        state.requests.push(request);
        let rule = state.rule.clone();
        state.replies.pop_front().or(rule).unwrap_or(Reply::Status(200, ""))
    };
    match reply {
        Reply::Status(status, headers) => {
            let response = format!("HTTP/1.1 {status} Status\r\n{headers}content-length: 0\r\n\r\n");
            stream.write_all(response.as_bytes()).await.ok()?;
            stream.shutdown().await.ok()
        }
        Reply::EndlessBody => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.ok()?;
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
            None
        }
        Reply::Silence => {
            let _ = stream.read(&mut [0]).await;
            None
        }
    }
}

async fn receive<S: AsyncRead + Unpin>(stream: &mut S) -> Option<ReceivedRequest> {
    let mut received = Vec::new();
    let end = loop {
        if let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end;
        }
        read_more(stream, &mut received).await?;
    };
    let head = String::from_utf8(received[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = received[end + 4..].to_vec();
    while body.len() < length {
        read_more(stream, &mut body).await?;
    }
    Some(ReceivedRequest { line, headers, body })
}

async fn read_more<S: AsyncRead + Unpin>(stream: &mut S, received: &mut Vec<u8>) -> Option<()> {
    let mut part = [0; 4096];
    let read = stream.read(&mut part).await.ok()?;
    received.extend_from_slice(&part[..read]);
    (read > 0).then_some(())
}
