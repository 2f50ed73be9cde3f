//! gRPC-Web over HTTP/1.1, called as a browser does.

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use session_authority::{
    api::{
        CreateRequest, StreamAlertsRequest, StreamAlertsResponse, ValidateRequest, ValidateResponse,
        validate_response::Outcome,
    },
    domain::CallerRole,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tonic::{Code, Status};

use super::{
    callers::{KeyRing, directory, guarded_with},
    fixture::{TestService, error_parts, id_of, login_of},
    management,
};

const LISTEN: (&str, &str) = ("HTTP__LISTEN", "127.0.0.1:0");
const PAGE: &str = "https://admin.example.com";
const TRUSTED: (&str, &str) = ("HTTP__TRUSTED_ORIGINS", "[\"https://admin.example.com\"]");
const VALIDATE: &str = "/session.v1.SessionService/Validate";
const CREATE: &str = "/session.v1.SessionService/Create";
/// The flag of a frame with trailers (gRPC-Web, "Message framing").
const TRAILERS: u8 = 0x80;

async fn service() -> TestService {
    TestService::start(None, &[LISTEN, TRUSTED, ("ALERTS__HEARTBEAT_INTERVAL", "100ms")]).await
}

/// A response whose head has arrived.
struct WebResponse {
    status: u16,
    headers: HeaderMap,
    body: BufReader<TcpStream>,
}

impl WebResponse {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Returns the next chunk of the body (RFC 9112 §7.1); it is empty at the end.
    async fn next_chunk(&mut self) -> Vec<u8> {
        let mut size = String::new();
        self.body.read_line(&mut size).await.expect("a size");
        let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).expect("a hexadecimal size") + 2];
        self.body.read_exact(&mut chunk).await.expect("a chunk");
        chunk.truncate(chunk.len() - 2);
        chunk
    }

    /// Returns the whole body.
    async fn read_body(&mut self) -> Vec<u8> {
        if self.header("transfer-encoding") != "chunked" {
            let mut body = vec![0; self.header("content-length").parse().expect("a length")];
            self.body.read_exact(&mut body).await.expect("a body");
            return body;
        }
        let mut body = Vec::new();
        loop {
            let chunk = self.next_chunk().await;
            if chunk.is_empty() {
                return body;
            }
            body.extend(chunk);
        }
    }

    /// Returns the messages of the body, and the status, which is in the trailers, or in the head without messages.
    async fn read_messages(mut self) -> (Vec<Vec<u8>>, Status) {
        let body = self.read_body().await;
        let (messages, trailers) = split_frames(&body);
        let status = Status::from_header_map(&trailers).or_else(|| Status::from_header_map(&self.headers));
        (messages, status.expect("a status"))
    }
}

/// Splits a body into its messages and its trailers.
fn split_frames(mut body: &[u8]) -> (Vec<Vec<u8>>, HeaderMap) {
    let (mut messages, mut trailers) = (Vec::new(), HeaderMap::new());
    while let Some(([flag, length @ ..], rest)) = body.split_first_chunk::<5>() {
        let (frame, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        body = rest;
        if *flag != TRAILERS {
            messages.push(frame.to_vec());
            continue;
        }
        for line in std::str::from_utf8(frame).expect("text").lines() {
            let (name, value) = line.split_once(':').expect("a trailer");
            trailers.insert(
                name.trim().parse::<HeaderName>().expect("a name"),
                value.trim().parse::<HeaderValue>().expect("a value"),
            );
        }
    }
    (messages, trailers)
}

fn frame(message: &impl Message) -> Vec<u8> {
    let encoded = message.encode_to_vec();
    let length = u32::try_from(encoded.len()).expect("a small message").to_be_bytes();
    [&[0][..], &length, &encoded].concat()
}

async fn send(service: &TestService, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> WebResponse {
    let mut stream = TcpStream::connect(service.node.http.expect("an HTTP listener")).await.expect("a connection");
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nhost: sessions.example.com\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).await.expect("sent");
    let mut body = BufReader::new(stream);
    let mut line = String::new();
    body.read_line(&mut line).await.expect("a status line");
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        body.read_line(&mut line).await.expect("a header");
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers
            .append(name.parse::<HeaderName>().expect("a name"), value.trim().parse::<HeaderValue>().expect("a value"));
    }
    WebResponse { status, headers, body }
}

async fn call(service: &TestService, path: &str, headers: &[(&str, &str)], message: &impl Message) -> WebResponse {
    let headers = [&[("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1")], headers].concat();
    send(service, "POST", path, &headers, &frame(message)).await
}

fn validation(token: &str) -> ValidateRequest {
    ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() }
}

#[tokio::test]
async fn a_page_of_a_trusted_origin_calls_a_method() {
    let service = service().await;
    let created = service.login("ann").await;
    let response = call(&service, VALIDATE, &[("origin", PAGE)], &validation(&created.token)).await;
    assert_eq!((response.status, response.header("content-type")), (200, "application/grpc-web+proto"));
    assert_eq!(response.header("access-control-allow-origin"), PAGE);
    assert_eq!(response.header("vary"), "origin");
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(response.header("access-control-expose-headers").contains(name), "{name}");
    }
    let (messages, status) = response.read_messages().await;
    assert_eq!((status.code(), messages.len()), (Code::Ok, 1));
    let verdict = ValidateResponse::decode(&*messages[0]).expect("a message").outcome;
    assert!(matches!(verdict, Some(Outcome::Session(session)) if session.session_id == id_of(&created)));
    let (_, metrics) = management::get(service.node.management, "/metrics").await;
    assert!(metrics.contains("method=\"session.v1.SessionService/Validate\",code=\"OK\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_call_may_be_base64() {
    let service = service().await;
    let created = service.login("ann").await;
    let text = [("content-type", "application/grpc-web-text"), ("accept", "application/grpc-web-text")];
    let body = BASE64.encode(&frame(&validation(&created.token)));
    let mut response = send(&service, "POST", VALIDATE, &text, body.as_bytes()).await;
    let mut decoded = Vec::new();
    // Each chunk is encoded by itself, and padded.
    loop {
        let chunk = response.next_chunk().await;
        if chunk.is_empty() {
            break;
        }
        decoded.extend(BASE64.decode(&chunk).expect("base64"));
    }
    let (messages, trailers) = split_frames(&decoded);
    assert_eq!((response.status, messages.len(), trailers["grpc-status"].as_bytes()), (200, 1, &b"0"[..]));
}

#[tokio::test]
async fn an_error_has_its_details() {
    let service = service().await;
    let response = call(&service, CREATE, &[("origin", PAGE)], &CreateRequest::default()).await;
    assert_eq!(response.status, 200);
    let (messages, status) = response.read_messages().await;
    assert!(messages.is_empty());
    assert_eq!(error_parts(&status), (Code::InvalidArgument, "INVALID_FIELD".to_owned(), vec!["user_id".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_arrives_message_by_message() {
    let service = service().await;
    let path = "/session.v1.SessionService/StreamAlerts";
    let mut response = call(&service, path, &[("origin", PAGE)], &StreamAlertsRequest::default()).await;
    assert_eq!(response.status, 200);
    for _ in 0..3 {
        let (messages, trailers) = split_frames(&response.next_chunk().await);
        assert!(trailers.is_empty(), "it goes on");
        let message = StreamAlertsResponse::decode(&*messages.concat()).expect("a message");
        assert!(message.event.is_some());
    }
    assert!(service.node.stop().await, "the stream does not hold up the shutdown");
}

#[tokio::test]
async fn a_page_of_another_origin_calls_nothing() {
    let service = service().await;
    let own = format!("http://{}", service.node.http.expect("an HTTP listener"));
    for origin in
        ["https://evil.example.com", "https://admin.example.com:8443", "http://admin.example.com", "null", &own]
    {
        let mut response = call(&service, CREATE, &[("origin", origin)], &login_of("ann")).await;
        assert_eq!((response.status, response.header("access-control-allow-origin")), (403, ""), "{origin}");
        assert_eq!(response.header("x-request-id").len(), 32);
        let problem = String::from_utf8(response.read_body().await).expect("text");
        assert!(problem.contains("\"CROSS_SITE_REQUEST\""), "{problem}");
        let question = [("origin", origin), ("access-control-request-method", "POST")];
        let response = send(&service, "OPTIONS", CREATE, &question, b"").await;
        assert_eq!((response.status, response.header("access-control-allow-origin")), (403, ""), "{origin}");
    }
    assert!(service.list("ann").await.is_empty(), "nothing was executed");
    for headers in [&[][..], &[("origin", PAGE)]] {
        let response = call(&service, CREATE, headers, &login_of("ann")).await;
        assert_eq!(response.read_messages().await.1.code(), Code::Ok, "{headers:?}");
    }
    assert_eq!(service.list("ann").await.len(), 2);
}

#[tokio::test]
async fn a_browser_may_ask_which_headers_a_page_may_send() {
    let service = service().await;
    let question = [
        ("origin", PAGE),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,x-grpc-web"),
    ];
    let response = send(&service, "OPTIONS", VALIDATE, &question, b"").await;
    assert_eq!((response.status, response.header("access-control-allow-origin")), (204, PAGE));
    assert_eq!(response.header("access-control-allow-methods"), "POST");
    for name in ["authorization", "content-type", "x-grpc-web", "grpc-timeout"] {
        assert!(response.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert_eq!(response.header("access-control-allow-credentials"), "", "cookies are no credential of a caller");
}

#[tokio::test]
async fn a_caller_needs_a_key_and_a_role() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let issuer = ring.add("login", CallerRole::Issuer, &[]);
    let validator = ring.add("gateway", CallerRole::Validator, &[]);
    let service = guarded_with(directory, &[LISTEN, TRUSTED]).await;
    for (key, code) in
        [("", Code::Unauthenticated), (validator.as_str(), Code::PermissionDenied), (issuer.as_str(), Code::Ok)]
    {
        let bearer = format!("Bearer {key}");
        let response = call(&service, CREATE, &[("origin", PAGE), ("authorization", &bearer)], &login_of("ann")).await;
        assert_eq!(response.read_messages().await.1.code(), code);
    }
}

#[tokio::test]
async fn other_requests_are_not_calls() {
    let service = service().await;
    for (method, path, content_type, status) in [
        ("GET", VALIDATE, "application/grpc-web+proto", 405),
        ("POST", VALIDATE, "application/grpc-web+json", 400),
        ("POST", VALIDATE, "application/grpc", 404),
        ("OPTIONS", VALIDATE, "application/json", 404),
    ] {
        let response = send(&service, method, path, &[("content-type", content_type)], b"").await;
        assert_eq!(response.status, status, "{method} {content_type}");
    }
}
