//! Receiving requests before they are worked on.
//!
//! A call whose headers have come may never send its message. The layer here reads the message of a call first, within
//! a limit of its own, and gives the call a place in a budget only then.

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
use tower::{Layer, Service};

use super::{admission::Admission, call::Call, one_message::PREFIX, status};
use crate::domain::Error;

type HttpRequest = http::Request<Body>;
type HttpResponse = http::Response<Body>;

/// Reads the whole request. `limit` is the largest message. The request that is returned yields what was read.
pub(super) async fn receive_request(request: HttpRequest, limit: usize) -> Result<HttpRequest, Error> {
    let (parts, body) = request.into_parts();
    let body = receive_body(body, limit).await?;
    Ok(http::Request::from_parts(parts, Body::new(body)))
}

async fn receive_body(mut body: Body, limit: usize) -> Result<ReceivedBody, Error> {
    let mut received = ReceivedBody::default();
    let mut more = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => {
                if received.data.len() + more.len() + data.len() > limit + PREFIX {
                    return Err(Error::MessageTooLarge { limit });
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
struct ReceivedBody {
    data: Bytes,
    /// Trailers or an error after the data.
    end: Option<Result<Frame<Bytes>, Status>>,
}

impl http_body::Body for ReceivedBody {
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

/// The layer before services whose methods take one message.
#[derive(Clone)]
pub(super) struct ReceivingLayer {
    admission: Admission,
    /// The largest message.
    message_bytes: usize,
}

impl ReceivingLayer {
    pub(super) const fn new(admission: Admission, message_bytes: usize) -> Self {
        Self { admission, message_bytes }
    }
}

impl<S> Layer<S> for ReceivingLayer {
    type Service = ReceivingService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ReceivingService { inner, layer: self.clone() }
    }
}

#[derive(Clone)]
pub(super) struct ReceivingService<S> {
    inner: S,
    layer: ReceivingLayer,
}

impl<S> Service<HttpRequest> for ReceivingService<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        // The service that was found ready must be the one that is called.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let layer = self.layer.clone();
        Box::pin(async move {
            match layer.admit(request).await {
                Ok(request) => inner.call(request).await,
                Err(error) => Ok(status::failed(&error).into_http()),
            }
        })
    }
}

impl ReceivingLayer {
    async fn admit(&self, request: HttpRequest) -> Result<HttpRequest, Error> {
        let call = Arc::clone(Call::within(request.extensions())?);
        let receiving = if call.route.is_one_message {
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

    /// A body of these frames.
    struct Frames(Vec<Result<Frame<Bytes>, Status>>);

    impl http_body::Body for Frames {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it lies among others that may be errors")]
    fn data(bytes: &'static [u8]) -> Result<Frame<Bytes>, Status> {
        Ok(Frame::data(Bytes::from_static(bytes)))
    }

    async fn received(frames: Vec<Result<Frame<Bytes>, Status>>, limit: usize) -> Result<ReceivedBody, Error> {
        receive_body(Body::new(Frames(frames)), limit).await
    }

    #[tokio::test]
    async fn what_was_received_is_what_was_sent() {
        let trailers = [(http::HeaderName::from_static("x-late"), http::HeaderValue::from_static("1"))];
        let trailers = Ok(Frame::trailers(trailers.into_iter().collect()));
        let frames = vec![data(b""), data(b"abc"), data(b""), data(b"d"), data(b"ef"), trailers];
        let body = received(frames, 8).await.expect("a body");
        assert_eq!((body.data.as_ref(), body.is_end_stream()), (&b"abcdef"[..], false));
        assert!(body.end.expect("an end").expect("trailers").is_trailers());
        let body = received(Vec::new(), 8).await.expect("a body");
        assert!(body.data.is_empty() && body.is_end_stream());
        let body = received(vec![data(b"abc"), Err(Status::cancelled("gone")), data(b"d")], 8).await.expect("a body");
        assert_eq!(body.data.as_ref(), b"abc");
        assert_eq!(body.end.expect("an end").expect_err("an error").code(), Code::Cancelled);
    }

    #[tokio::test]
    async fn no_more_is_received_than_one_message_of_the_largest_size() {
        assert!(received(vec![data(b"12345"), data(b"abc")], 3).await.is_ok());
        let error = received(vec![data(b"12345"), data(b"abc"), data(b"d")], 3).await.err();
        assert_eq!(error, Some(Error::MessageTooLarge { limit: 3 }));
    }
}
