//! A gRPC client that costs less than the server: HTTP/2 frames of prepared requests, with the five-byte prefix and the
//! trailers of gRPC and nothing else.

use std::{
    future::poll_fn,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use h2::{
    RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderMap, HeaderValue, Method as Verb, Request, Uri, Version};
use prost::{
    Message,
    bytes::{Buf, Bytes},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use test_support::certificates::IssuedCertificate;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tonic::Status;
use tonic_types::StatusExt;

/// Size of the flag and the length before each message.
const PREFIX: usize = 5;
const WINDOW: u32 = 1 << 20;

/// A method of a server, called with the same headers each time.
#[derive(Clone)]
pub struct GrpcMethod {
    uri: Uri,
    headers: HeaderMap,
}

impl GrpcMethod {
    /// A method of the session service, at the server on `port` of loopback. An empty key is not sent.
    pub fn new(port: u16, name: &str, key: &str) -> Self {
        Self::of_service(port, "SessionService", name, key)
    }

    /// A method of any service of the contract.
    pub fn of_service(port: u16, service: &str, name: &str, key: &str) -> Self {
        Self::with_path(port, &format!("session.v1.{service}/{name}"), key)
    }

    /// A method by its path, `package.Service/Method`.
    pub fn with_path(port: u16, path: &str, key: &str) -> Self {
        let uri = format!("http://127.0.0.1:{port}/{path}").parse().expect("an address");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        if !key.is_empty() {
            headers.insert("authorization", format!("Bearer {key}").parse().expect("a header"));
        }
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

/// The TLS of a client.
#[derive(Clone)]
pub struct ClientTls {
    /// The authority of the server's certificate, in PEM.
    pub authority: String,
    /// The client certificate, if it presents one.
    pub client: Option<IssuedCertificate>,
}

impl ClientTls {
    fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.authority)).expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions").with_root_certificates(roots);
        let mut config = match &self.client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let key = PrivateKeyDer::from_pem_slice(client.key.as_bytes()).expect("a key");
                builder.with_client_auth_cert(vec![certificate(&client.certificate)], key).expect("a certificate")
            }
        };
        config.alpn_protocols.push(b"h2".to_vec());
        config
    }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

async fn connect_tcp(port: u16) -> TcpStream {
    let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.expect("a server");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// A connection to one server. Clones share it.
#[derive(Clone)]
pub struct GrpcConnection(SendRequest<Bytes>);

impl GrpcConnection {
    /// Connects to the server on `port` of loopback. The connection ends with the bench.
    pub async fn connect(port: u16) -> Self {
        Self::handshake(connect_tcp(port).await).await
    }

    /// Connects to the server on `port` of loopback over TLS.
    pub async fn connect_tls(port: u16, tls: &ClientTls) -> Self {
        let connector = TlsConnector::from(Arc::new(tls.config()));
        let name = ServerName::try_from("localhost").expect("a name");
        Self::handshake(connector.connect(name, connect_tcp(port).await).await.expect("TLS")).await
    }

    async fn handshake(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).enable_push(false);
        let (send, connection) = builder.handshake(stream).await.expect("HTTP/2");
        #[expect(clippy::disallowed_methods, reason = "it ends with the bench")]
        tokio::spawn(connection);
        Self(send)
    }

    /// Opens `number` connections.
    pub async fn connect_many(number: usize, port: u16) -> Vec<Self> {
        let mut connections = Vec::new();
        for _ in 0..number {
            connections.push(Self::connect(port).await);
        }
        connections
    }

    /// Opens `number` connections over TLS.
    pub async fn connect_many_tls(number: usize, port: u16, tls: &ClientTls) -> Vec<Self> {
        let mut connections = Vec::new();
        for _ in 0..number {
            connections.push(Self::connect_tls(port, tls).await);
        }
        connections
    }

    /// Returns the message of the response, or the reason of its absence.
    pub async fn call(&mut self, method: &GrpcMethod, body: Bytes) -> Result<Bytes, String> {
        let (mut sending, response) = self.begin(method).await?;
        sending.send_data(body, true).map_err(connection_error)?;
        let mut receiving = ResponseReader::from_response(response).await?;
        let mut answer = Bytes::new();
        while let Some(part) = receiving.next_chunk().await? {
            answer = concat_chunks(answer, part);
        }
        receiving.finish().await?;
        let message = take_message(&mut answer)?.ok_or("response without a message")?;
        if answer.is_empty() { Ok(message) } else { Err("more than one message".to_owned()) }
    }

    /// Starts a call without sending anything yet.
    pub async fn begin(&mut self, method: &GrpcMethod) -> Result<(SendStream<Bytes>, ResponseFuture), String> {
        poll_fn(|context| self.0.poll_ready(context)).await.map_err(connection_error)?;
        let (response, sending) = self.0.send_request(method.request(), false).map_err(connection_error)?;
        Ok((sending, response))
    }
}

/// The response of a call.
pub struct ResponseReader {
    head: HeaderMap,
    body: RecvStream,
}

impl ResponseReader {
    pub async fn from_response(response: ResponseFuture) -> Result<Self, String> {
        let (head, body) = response.await.map_err(connection_error)?.into_parts();
        Ok(Self { head: head.headers, body })
    }

    /// Returns the next chunk, which need not end at a message boundary, or `None` after the last one.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, String> {
        let Some(part) = self.body.data().await else { return Ok(None) };
        let part = part.map_err(connection_error)?;
        self.body.flow_control().release_capacity(part.len()).map_err(connection_error)?;
        Ok(Some(part))
    }

    /// Returns the outcome of the call. To be called after the last chunk.
    pub async fn finish(mut self) -> Result<(), String> {
        let trailers = self.body.trailers().await.map_err(connection_error)?;
        let last = trailers.as_ref().unwrap_or(&self.head);
        if last.get("grpc-status").is_some_and(|status| status == "0") {
            return Ok(());
        }
        Err(Status::from_header_map(last)
            .map_or_else(|| "response without a status".to_owned(), |status| format_status(&status)))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
pub fn connection_error(error: h2::Error) -> String {
    format!("connection error: {error}")
}

/// Formats the code, reason and message of a failed call.
fn format_status(status: &Status) -> String {
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default();
    format!("{:?} {reason}: {}", status.code(), status.message())
}

/// Returns the message with its gRPC prefix, as it is sent.
pub fn encode_frame(message: &impl Message) -> Bytes {
    let length = u32::try_from(message.encoded_len()).expect("a short message");
    let mut frame = vec![0];
    frame.extend(length.to_be_bytes());
    message.encode(&mut frame).expect("room");
    frame.into()
}

/// Appends newly received bytes to the earlier ones.
pub fn concat_chunks(before: Bytes, then: Bytes) -> Bytes {
    if before.is_empty() { then } else { [before, then].concat().into() }
}

/// Takes the first message off the received bytes. Returns `None` if it is not complete yet.
pub fn take_message(received: &mut Bytes) -> Result<Option<Bytes>, String> {
    let Some([flag, length @ ..]) = received.first_chunk::<PREFIX>().copied() else { return Ok(None) };
    if flag != 0 {
        return Err("compressed message".to_owned());
    }
    let end = PREFIX + usize::try_from(u32::from_be_bytes(length)).map_err(|error| error.to_string())?;
    if received.len() < end {
        return Ok(None);
    }
    let mut message = received.split_to(end);
    message.advance(PREFIX);
    Ok(Some(message))
}
