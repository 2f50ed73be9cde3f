//! Requests in different HTTP/2 frames: equal content gets the same response, and invalid content is reported.

use std::{future::poll_fn, pin::pin};

use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use prost::{
    Message,
    bytes::{BufMut, Bytes},
};
use session_authority::api::{Session, ValidateRequest, ValidateResponse, validate_response::Outcome};
use tokio::net::TcpStream;
use tonic::{Code, Status};

use crate::service::fixture::{TestService, error_parts};

/// A request of `Validate`, frame by frame.
#[derive(Default)]
struct FramedRequest {
    header: Option<(&'static str, &'static str)>,
    /// The data frames. The last one ends the request unless there are trailers; without any, the headers end it.
    frames: Vec<Bytes>,
    trailers: bool,
}

impl FramedRequest {
    fn frames<const N: usize>(frames: [&[u8]; N]) -> Self {
        Self { frames: frames.map(Bytes::copy_from_slice).into(), ..Self::default() }
    }

    fn with_header(name: &'static str, value: &'static str, frame: &[u8]) -> Self {
        Self { header: Some((name, value)), ..Self::frames([frame]) }
    }

    /// Sends the request on a separate connection. Returns the response of the node.
    async fn send_to(self, service: &TestService) -> Result<Session, Status> {
        let stream = TcpStream::connect(service.node.grpc).await.expect("a connection");
        let (sending, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        match select(pin!(self.send_over(sending)), connection).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => panic!("the connection ended"),
        }
    }

    async fn send_over(self, mut sending: h2::client::SendRequest<Bytes>) -> Result<Session, Status> {
        let mut request = Request::post("http://localhost/session.v1.SessionService/Validate");
        let headers = request.headers_mut().expect("headers");
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        headers
            .extend(self.header.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))));
        let request = request.body(()).expect("a request");
        poll_fn(|context| sending.poll_ready(context)).await.expect("a stream");
        let (answer, mut body) = sending.send_request(request, self.frames.is_empty()).expect("headers are sent");
        let last = self.frames.len().saturating_sub(1);
        for (at, frame) in self.frames.into_iter().enumerate() {
            body.send_data(frame, at == last && !self.trailers).expect("a frame is sent");
            // Without a pause, the node would read several frames at once.
            tokio::task::yield_now().await;
        }
        if self.trailers {
            body.send_trailers(
                [(HeaderName::from_static("x-late"), HeaderValue::from_static("1"))].into_iter().collect(),
            )
            .expect("trailers are sent");
        }
        read(answer.await.expect("a response")).await
    }
}

/// Returns the session of a response, or its status.
async fn read(answer: http::Response<h2::RecvStream>) -> Result<Session, Status> {
    let (head, mut body) = answer.into_parts();
    assert_eq!(head.headers["content-type"], "application/grpc");
    assert!(head.headers.contains_key("x-request-id"));
    let mut bytes = Vec::new();
    while let Some(frame) = body.data().await {
        bytes.extend(frame.expect("a frame"));
    }
    let trailers: HeaderMap = body.trailers().await.expect("an end").unwrap_or(head.headers);
    let status = Status::from_header_map(&trailers).expect("a status");
    if status.code() != Code::Ok {
        return Err(status);
    }
    let (prefix, message) = bytes.split_first_chunk().expect("a message");
    assert_eq!(*prefix, prefix_of(message.len()));
    match ValidateResponse::decode(message).expect("a message").outcome {
        Some(Outcome::Session(session)) => Ok(session),
        other => panic!("{other:?}"),
    }
}

fn prefix_of(len: usize) -> [u8; 5] {
    let [a, b, c, d] = u32::try_from(len).expect("a length").to_be_bytes();
    [0, a, b, c, d]
}

pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = prefix_of(message.len()).to_vec();
    bytes.put_slice(message);
    bytes
}

/// Returns a request for `token`, as it is sent.
fn asking(token: &str) -> Vec<u8> {
    framed(&ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() }.encode_to_vec())
}

#[tokio::test]
async fn a_request_is_the_same_however_it_lies_in_frames() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let expected = service.validate(&created.token).await.expect("an active session");
    let whole = asking(&created.token);
    let (begun, rest) = whole.split_at(3);
    let (prefix, message) = whole.split_at(5);
    let twice = [&whole[..], &asking("another token")].concat();
    for (what, sent) in [
        ("one frame", FramedRequest::frames([&whole])),
        ("a separate end", FramedRequest::frames([&whole, b""])),
        ("empty frames around it", FramedRequest::frames([b"", b"", &whole, b"", b""])),
        ("a separate prefix", FramedRequest::frames([prefix, message])),
        ("a prefix in two", FramedRequest::frames([begun, rest])),
        (
            "a frame for each byte",
            FramedRequest { frames: whole.iter().map(|byte| vec![*byte].into()).collect(), ..FramedRequest::default() },
        ),
        ("trailers", FramedRequest { trailers: true, ..FramedRequest::frames([&whole]) }),
        ("a second message, which is ignored", FramedRequest::frames([&twice])),
        ("a second message in a separate frame", FramedRequest::frames([&whole, &asking("another token")])),
        ("identity encoding stated", FramedRequest::with_header("grpc-encoding", "identity", &whole)),
        ("a longer content type", FramedRequest::with_header("content-type", "application/grpc+proto", &whole)),
    ] {
        assert_eq!(sent.send_to(&service).await.expect(what), expected, "{what}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_with_the_reason() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let whole = asking(&created.token);
    let (malformed, too_large) =
        ((Code::InvalidArgument, "MALFORMED_REQUEST"), (Code::OutOfRange, "MESSAGE_TOO_LARGE"));
    let flagged = |flag| [&[flag], &whole[1..]].concat();
    let long = framed(&vec![0; 65 * 1024]);
    for (what, sent, (code, reason)) in [
        ("nothing", FramedRequest::default(), malformed),
        ("an empty frame", FramedRequest::frames([b""]), malformed),
        ("half a prefix", FramedRequest::frames([&whole[..3]]), malformed),
        ("half a message", FramedRequest::frames([&whole[..20]]), malformed),
        ("a byte too many", FramedRequest::frames([&[&whole[..], b"x"].concat()]), malformed),
        ("a byte too many in a separate frame", FramedRequest::frames([&whole, b"x"]), malformed),
        ("not a message of this service", FramedRequest::frames([&framed(b"\xff\xff")]), malformed),
        ("compressed without stating how", FramedRequest::frames([&flagged(1)]), malformed),
        ("a flag that does not exist", FramedRequest::frames([&flagged(2)]), malformed),
        (
            "compressed",
            FramedRequest::with_header("grpc-encoding", "gzip", &flagged(1)),
            (Code::Unimplemented, "COMPRESSION_NOT_SUPPORTED"),
        ),
        ("too long", FramedRequest::frames([&long]), too_large),
        ("a claim to be too long", FramedRequest::frames([&prefix_of(65 * 1024)]), too_large),
    ] {
        let status = sent.send_to(&service).await.expect_err(what);
        assert_eq!(error_parts(&status), (code, reason.to_owned(), vec![]), "{what}: {status:?}");
    }
    service.validate(&created.token).await.expect("an active session");
}
