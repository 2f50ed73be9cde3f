//! Calls with one message each way, without the machinery of streams.
//!
//! The library reads and writes every call as a stream of messages, with buffers that grow and a boxed decoder. For a
//! validation, that costs as much as its verdict. A request that arrives as one whole message is decoded here from its
//! frame, and its response is one frame. Every other request, valid or not, is returned unchanged for the library to
//! handle.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use http_body::{Body as _, Frame};
use prost::{
    Message,
    bytes::{BufMut, Bytes},
};
use tonic::{Status, body::Body, metadata::GRPC_CONTENT_TYPE};

use super::{
    HttpRequest,
    admission::AdmissionControl,
    call::CallContext,
    receive_layer::{MESSAGE_PREFIX_BYTES, receive_request},
    rpc_error::RpcError,
};

const UNCOMPRESSED: u8 = 0;

static ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
static STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// The status code OK.
static OK: HeaderValue = HeaderValue::from_static("0");

/// Decodes the message of `request` if all of it is there: one message of at most `max_bytes`, not compressed, in one
/// frame and without trailers. Otherwise leaves the request as if nothing had been read.
pub(in crate::transport::grpc) fn take_message<M: Message + Default>(
    request: &mut http::Request<Body>,
    max_bytes: usize,
    context: &mut Context<'_>,
) -> Option<M> {
    if request.headers().contains_key(&ENCODING) {
        return None;
    }
    let body = request.body_mut();
    let Poll::Ready(first) = poll_next_frame(body, context) else { return None };
    let message =
        first.as_ref().and_then(|first| uncompressed_message(first, max_bytes)).and_then(|bytes| M::decode(bytes).ok());
    let second = match &message {
        Some(_) if body.is_end_stream() => return message,
        Some(_) => poll_next_frame(body, context),
        None => Poll::Pending,
    };
    if let Poll::Ready(None) = second {
        return message;
    }
    let (second, rest) = (if let Poll::Ready(second) = second { second } else { None }, std::mem::take(body));
    *body = Body::new(ReplayedBody { buffered: [first, second], rest });
    None
}

/// Waits until the message of `request` is there, and decodes it under the conditions of [`take_message`].
pub(in crate::transport::grpc) async fn read_message<M: Message + Default>(
    request: &mut http::Request<Body>,
    max_bytes: usize,
) -> Option<M> {
    let body = request.body_mut();
    let first = poll_fn(|context| poll_next_frame(body, context)).await;
    let second = if body.is_end_stream() { None } else { poll_fn(|context| poll_next_frame(body, context)).await };
    let rest = std::mem::take(body);
    *body = Body::new(ReplayedBody { buffered: [first, second], rest });
    poll_fn(|context| Poll::Ready(take_message(request, max_bytes, context))).await
}

/// A message that has arrived.
pub(super) enum ReceivedMessage<M> {
    Decoded(M),
    /// A request that is not one plain message, or an invalid one.
    Undecoded(Box<HttpRequest>),
}

/// Receives the message of a call, of at most `max_bytes`, and then takes its permit.
pub(super) async fn receive_message<M: Message + Default>(
    admission: &AdmissionControl,
    mut request: HttpRequest,
    max_bytes: usize,
) -> Result<ReceivedMessage<M>, RpcError> {
    let call = Arc::clone(CallContext::from_extensions(request.extensions())?);
    let reading = async {
        if let Some(message) = read_message(&mut request, max_bytes).await {
            return Ok(ReceivedMessage::Decoded(message));
        }
        // A large message arrives in several frames.
        let mut request = receive_request(request, max_bytes).await?;
        Ok::<_, RpcError>(match read_message(&mut request, max_bytes).await {
            Some(message) => ReceivedMessage::Decoded(message),
            None => ReceivedMessage::Undecoded(Box::new(request)),
        })
    };
    let received = admission.receive(&call, reading).await??;
    admission.admit(&call)?;
    Ok(received)
}

/// Returns the response of a successful call. `write` appends a message of `len` bytes.
pub(in crate::transport::grpc) fn ok_response(len: usize, write: impl FnOnce(&mut Vec<u8>)) -> http::Response<Body> {
    let mut bytes = Vec::with_capacity(MESSAGE_PREFIX_BYTES + len);
    bytes.put_u8(UNCOMPRESSED);
    bytes.put_u32(u32::try_from(len).unwrap_or(u32::MAX));
    write(&mut bytes);
    let mut response = http::Response::new(Body::new(UnaryResponseBody { message: Some(bytes.into()), ended: false }));
    response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}

type FrameResult = Result<Frame<Bytes>, Status>;

/// Polls the next frame of `body`, or `None` at its end. Frames with empty data are skipped.
fn poll_next_frame(body: &mut Body, context: &mut Context<'_>) -> Poll<Option<FrameResult>> {
    loop {
        let frame = ready!(Pin::new(&mut *body).poll_frame(context));
        let is_empty = |frame: &Frame<Bytes>| frame.data_ref().is_some_and(Bytes::is_empty);
        if !matches!(&frame, Some(Ok(frame)) if is_empty(frame)) {
            return Poll::Ready(frame);
        }
    }
}

/// Returns the message in a frame that contains exactly one, in the form that [`read_request`] requires.
fn uncompressed_message(frame: &FrameResult, max_bytes: usize) -> Option<&[u8]> {
    let (prefix, message) = frame.as_ref().ok()?.data_ref()?.split_first_chunk::<MESSAGE_PREFIX_BYTES>()?;
    let [flag, length @ ..] = *prefix;
    let is_whole = usize::try_from(u32::from_be_bytes(length)) == Ok(message.len());
    (flag == UNCOMPRESSED && is_whole && message.len() <= max_bytes).then_some(message)
}

/// A body that was partly read, from its beginning.
struct ReplayedBody {
    buffered: [Option<FrameResult>; 2],
    rest: Body,
}

impl http_body::Body for ReplayedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<FrameResult>> {
        match self.buffered.iter_mut().find_map(Option::take) {
            Some(read) => Poll::Ready(Some(read)),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }
}

/// A response body of one message and the trailers of a successful call.
struct UnaryResponseBody {
    message: Option<Bytes>,
    ended: bool,
}

impl http_body::Body for UnaryResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<FrameResult>> {
        let frame = match self.message.take() {
            Some(message) => Some(Frame::data(message)),
            None if self.ended => None,
            None => {
                self.ended = true;
                let mut trailers = HeaderMap::with_capacity(1);
                trailers.insert(&STATUS, OK.clone());
                Some(Frame::trailers(trailers))
            }
        };
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
