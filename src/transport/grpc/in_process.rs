//! Calls from within the process, for protocols that are translated to gRPC.
//!
//! They pass the same layers as calls from the network: authentication, roles, time limits, budgets, the log of refused
//! callers and the metrics.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderValue, Method, Uri, header::CONTENT_TYPE};
use http_body::{Body as _, Frame};
use prost::bytes::{Buf, BufMut, Bytes, BytesMut};
use tonic::{Code, Status, body::Body, metadata::GRPC_CONTENT_TYPE, service::Routes};
use tower::ServiceExt as _;

use super::{
    HttpRequest, HttpResponse,
    call::CallLayer,
    failed_call::FailedCall,
    fast_path::FastPathService,
    middleware::MiddlewareService,
    receive_layer::{MESSAGE_PREFIX_BYTES, ReceiveLayer},
    rpc_error::RpcError,
    status,
};
use crate::transport::connections::InboundConnection;

/// The services behind their layers.
pub(super) type LayeredServices =
    MiddlewareService<FastPathService<MiddlewareService<Routes, ReceiveLayer>>, CallLayer>;

/// The services of a server.
#[derive(Clone)]
pub(in crate::transport) struct InProcessCalls {
    services: LayeredServices,
}

/// A call that is complete.
#[derive(Debug)]
pub(in crate::transport) struct CompletedCall {
    /// The headers of the response.
    pub(in crate::transport) headers: HeaderMap,
    /// The encoded response. That of a stream is the merge of its messages: the last value of each field, and all
    /// elements of each list.
    pub(in crate::transport) outcome: Result<Bytes, FailedCall>,
}

impl InProcessCalls {
    pub(super) const fn new(services: LayeredServices) -> Self {
        Self { services }
    }

    /// Calls `method`, named `package.Service/Method`, with the credentials in `headers` and of `connection`.
    ///
    /// `message` encodes the request. It is polled once the caller is authenticated and permitted, within the time limit
    /// for messages to arrive. Its error is that of the call.
    pub(in crate::transport) async fn call(
        &self,
        method: &str,
        headers: HeaderMap,
        connection: Arc<InboundConnection>,
        message: impl Future<Output = Result<Vec<u8>, RpcError>> + Send + 'static,
    ) -> CompletedCall {
        let mut request = HttpRequest::new(Body::new(MessageBody { message: Some(Box::pin(message)) }));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::try_from(format!("/{method}")).unwrap_or_default();
        *request.headers_mut() = headers;
        request.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
        request.headers_mut().insert(http::header::TE, HeaderValue::from_static("trailers"));
        request.extensions_mut().insert(connection);
        match self.services.clone().oneshot(request).await {
            Ok(response) => complete(response).await,
            Err(never) => match never {},
        }
    }
}

async fn complete(response: HttpResponse) -> CompletedCall {
    let (parts, mut body) = response.into_parts();
    let headers = parts.headers;
    let mut status = Status::from_header_map(&headers);
    let (mut received, mut merged, mut latest) = (BytesMut::new(), BytesMut::new(), Bytes::new());
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => {
                received.extend_from_slice(&data);
                while let Some(message) = split_message(&mut received) {
                    // Merged: a later message replaces the scalars and adds to the lists of those before it.
                    merged.extend_from_slice(&std::mem::replace(&mut latest, message));
                }
            }
            Ok(Err(frame)) => {
                status = frame.into_trailers().ok().as_ref().and_then(Status::from_header_map).or(status);
            }
            Err(failure) => {
                status = Some(failure);
                break;
            }
        }
    }
    let status = status.unwrap_or_else(|| Status::internal("a call ended without a status"));
    if status.code() != Code::Ok {
        return CompletedCall { headers, outcome: Err(FailedCall::from_status(&status)) };
    }
    let message = if merged.is_empty() { latest } else { [merged.freeze(), latest].concat().into() };
    CompletedCall { headers, outcome: Ok(message) }
}

/// Removes the first message from `received`, if it is there as a whole.
fn split_message(received: &mut BytesMut) -> Option<Bytes> {
    let prefix: [u8; MESSAGE_PREFIX_BYTES] = received.get(..MESSAGE_PREFIX_BYTES)?.try_into().ok()?;
    let [_, length @ ..] = prefix;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    if received.len() < MESSAGE_PREFIX_BYTES + length {
        return None;
    }
    received.advance(MESSAGE_PREFIX_BYTES);
    Some(received.split_to(length).freeze())
}

type PendingMessage = Pin<Box<dyn Future<Output = Result<Vec<u8>, RpcError>> + Send>>;

/// A request body of one message that may still be on its way.
struct MessageBody {
    /// `None` once the message was taken.
    message: Option<PendingMessage>,
}

impl http_body::Body for MessageBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(message) = &mut self.message else { return Poll::Ready(None) };
        let message = ready!(message.as_mut().poll(context));
        self.message = None;
        Poll::Ready(Some(message.map_err(status::log_and_convert).map(|message| Frame::data(framed(&message)))))
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none()
    }
}

/// Returns `message` with its prefix.
fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(MESSAGE_PREFIX_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.extend_from_slice(message);
    framed.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct FrameSequence(Vec<Frame<Bytes>>);

    impl http_body::Body for FrameSequence {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Ready((!self.0.is_empty()).then(|| Ok(self.0.remove(0))))
        }
    }

    fn trailers(status: &Status) -> Frame<Bytes> {
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers).expect("headers");
        Frame::trailers(trailers)
    }

    async fn outcome(frames: Vec<Frame<Bytes>>) -> Result<Bytes, FailedCall> {
        complete(HttpResponse::new(Body::new(FrameSequence(frames)))).await.outcome
    }

    #[tokio::test]
    async fn messages_are_found_in_frames_of_any_size_and_merged() {
        let bytes = [framed(b"one"), framed(b""), framed(b"two")].concat();
        let mut frames: Vec<_> = bytes.chunks(2).map(|part| Frame::data(Bytes::copy_from_slice(part))).collect();
        frames.push(trailers(&Status::ok("")));
        assert_eq!(outcome(frames).await.expect("OK"), &b"onetwo"[..]);
        assert_eq!(
            outcome(vec![Frame::data(framed(b"one")), trailers(&Status::ok(""))]).await.expect("OK"),
            &b"one"[..]
        );
    }

    #[tokio::test]
    async fn a_failure_counts_also_after_a_message() {
        let failed = trailers(&Status::not_found("gone"));
        let failure = outcome(vec![Frame::data(framed(b"one")), failed]).await.expect_err("a failure");
        assert_eq!((failure.code, failure.message.as_str()), (Code::NotFound, "gone"));
        assert_eq!(outcome(Vec::new()).await.expect_err("a failure").code, Code::Internal, "no status");
    }
}
