//! Response bodies that hold a permit while they are open.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Frame, SizeHint};
use prost::bytes::Bytes;
use tonic::{Status, body::Body};

use super::admission::BudgetPermit;

/// Makes the body of `response` hold `permit` until it is dropped. Without a permit, the response stays as it is.
pub(super) fn hold_permit(response: http::Response<Body>, permit: Option<BudgetPermit>) -> http::Response<Body> {
    match permit {
        None => response,
        Some(permit) => response.map(|body| Body::new(PermitBody { body, _permit: permit })),
    }
}

struct PermitBody {
    body: Body,
    _permit: BudgetPermit,
}

impl http_body::Body for PermitBody {
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
