//! Response bodies that hold a place for as long as they are open.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Frame, SizeHint};
use prost::bytes::Bytes;
use tonic::{Status, body::Body};

use super::admission::Place;

/// Lets the body of `response` hold `place` until it is dropped. Without a place, the response is as it was.
pub(super) fn held_open(response: http::Response<Body>, place: Option<Place>) -> http::Response<Body> {
    match place {
        None => response,
        Some(place) => response.map(|body| Body::new(HeldBody { body, _place: place })),
    }
}

struct HeldBody {
    body: Body,
    _place: Place,
}

impl http_body::Body for HeldBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
