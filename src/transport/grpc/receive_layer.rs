//! Receiving of requests before they are processed.
//!
//! A call whose headers have arrived may never send its message. The layer in this module therefore receives the
//! message first, within a time limit of its own. Only then does the call take a permit from a budget.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::Either;
use http_body::{Body as _, Frame};
use prost::bytes::{Bytes, BytesMut};
use tonic::{Status, body::Body};
use tower::Layer;

use super::{HttpRequest, HttpResponse};
use super::{
    admission::AdmissionControl,
    call::CallContext,
    middleware::{InnerService, Middleware, MiddlewareService},
    rpc_error::RpcError,
    status,
};

/// The size of the prefix of each message, in bytes: whether it is compressed, and its length (gRPC over HTTP/2,
/// Length-Prefixed-Message).
pub(super) const MESSAGE_PREFIX_BYTES: usize = 5;

/// Receives the whole request. The returned request yields the data that was read. `limit` is the maximum size of a
/// message, in bytes; more data is [`RpcError::MessageTooLarge`].
pub(super) async fn receive_request(request: HttpRequest, limit: usize) -> Result<HttpRequest, RpcError> {
    let (parts, body) = request.into_parts();
    let body = receive_body(body, limit).await?;
    Ok(http::Request::from_parts(parts, Body::new(body)))
}

async fn receive_body(mut body: Body, limit: usize) -> Result<BufferedBody, RpcError> {
    let mut received = BufferedBody::default();
    let mut more = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => {
                if received.data.len() + more.len() + data.len() > limit + MESSAGE_PREFIX_BYTES {
                    return Err(RpcError::MessageTooLarge { limit });
                }
                if received.data.is_empty() {
                    received.data = data;
                } else {
                    more.extend_from_slice(&data);
                }
            }
            Ok(Err(trailers)) => received.end = Some(Ok(trailers)),
            Err(status) => {
                received.end = Some(Err(status));
                break;
            }
        }
    }
    if !more.is_empty() {
        received.data = [received.data, more.freeze()].concat().into();
    }
    Ok(received)
}

/// A request body that has arrived.
#[derive(Default)]
struct BufferedBody {
    data: Bytes,
    /// Trailers or an error after the data.
    end: Option<Result<Frame<Bytes>, Status>>,
}

impl http_body::Body for BufferedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let data = std::mem::take(&mut self.data);
        Poll::Ready(if data.is_empty() { self.end.take() } else { Some(Ok(Frame::data(data))) })
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty() && self.end.is_none()
    }
}

/// The layer in front of services whose methods take one message.
#[derive(Clone)]
pub(super) struct ReceiveLayer {
    admission: AdmissionControl,
    /// The maximum size of a message, in bytes.
    message_bytes: usize,
}

impl ReceiveLayer {
    pub(super) const fn new(admission: AdmissionControl, message_bytes: usize) -> Self {
        Self { admission, message_bytes }
    }
}

impl<S> Layer<S> for ReceiveLayer {
    type Service = MiddlewareService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        MiddlewareService::new(inner, self.clone())
    }
}

impl Middleware for ReceiveLayer {
    async fn handle(self, request: HttpRequest, mut inner: impl InnerService) -> Result<HttpResponse, Infallible> {
        match self.admit(request).await {
            Ok(request) => inner.call(request).await,
            Err(error) => Ok(status::log_and_convert(error).into_http()),
        }
    }
}

impl ReceiveLayer {
    async fn admit(&self, request: HttpRequest) -> Result<HttpRequest, RpcError> {
        let call = Arc::clone(CallContext::from_extensions(request.extensions())?);
        let receiving = if call.method.is_unary_request {
            Either::Left(receive_request(request, self.message_bytes))
        } else {
            Either::Right(std::future::ready(Ok(request)))
        };
        let request = self.admission.receive(&call, receiving).await??;
        self.admission.admit(&call)?;
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    /// A body that yields these frames.
    struct ScriptedBody(Vec<Result<Frame<Bytes>, Status>>);

    impl http_body::Body for ScriptedBody {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is used next to frames that are errors")]
    fn data(bytes: &'static [u8]) -> Result<Frame<Bytes>, Status> {
        Ok(Frame::data(Bytes::from_static(bytes)))
    }

    async fn receive(frames: Vec<Result<Frame<Bytes>, Status>>, limit: usize) -> Result<BufferedBody, RpcError> {
        receive_body(Body::new(ScriptedBody(frames)), limit).await
    }

    #[tokio::test]
    async fn what_was_received_is_what_was_sent() {
        let trailers = [(http::HeaderName::from_static("x-late"), http::HeaderValue::from_static("1"))];
        let trailers = Ok(Frame::trailers(trailers.into_iter().collect()));
        let frames = vec![data(b""), data(b"abc"), data(b""), data(b"d"), data(b"ef"), trailers];
        let body = receive(frames, 8).await.expect("a body");
        assert_eq!((body.data.as_ref(), body.is_end_stream()), (&b"abcdef"[..], false));
        assert!(body.end.expect("an end").expect("trailers").is_trailers());
        let body = receive(Vec::new(), 8).await.expect("a body");
        assert!(body.data.is_empty() && body.is_end_stream());
        let body = receive(vec![data(b"abc"), Err(Status::cancelled("gone")), data(b"d")], 8).await.expect("a body");
        assert_eq!(body.data.as_ref(), b"abc");
        assert_eq!(body.end.expect("an end").expect_err("an error").code(), Code::Cancelled);
    }

    #[tokio::test]
    async fn no_more_is_received_than_one_message_of_the_largest_size() {
        assert!(receive(vec![data(b"12345"), data(b"abc")], 3).await.is_ok());
        let error = receive(vec![data(b"12345"), data(b"abc"), data(b"d")], 3).await.err();
        assert_eq!(error, Some(RpcError::MessageTooLarge { limit: 3 }));
    }
}
