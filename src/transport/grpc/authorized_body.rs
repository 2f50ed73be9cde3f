//! Response bodies that end when their caller loses its access.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderMap;
use http_body::{Frame, SizeHint};
use prost::bytes::Bytes;
use tokio::time::Interval;
use tonic::{Status, body::Body};

use super::{HttpResponse, status, stream_authorization::StreamAuthorization};

/// Ends the body of `response` with a status once `authorization` fails. For streams of services that are not ours and
/// therefore do not check it themselves.
pub(super) fn end_with_authorization(response: HttpResponse, authorization: StreamAuthorization) -> HttpResponse {
    let checks = StreamAuthorization::check_interval();
    response.map(|body| Body::new(AuthorizedBody { body: Some(body), authorization, checks }))
}

struct AuthorizedBody {
    /// `None` once the authorization has failed.
    body: Option<Body>,
    authorization: StreamAuthorization,
    checks: Interval,
}

impl http_body::Body for AuthorizedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { body, authorization, checks } = &mut *self;
        let Some(open) = body else { return Poll::Ready(None) };
        while checks.poll_tick(context).is_ready() {
            if let Err(error) = authorization.reauthenticate() {
                *body = None;
                return Poll::Ready(Some(trailers(&status::log_and_convert(error))));
            }
        }
        Pin::new(open).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(http_body::Body::size_hint).unwrap_or_default()
    }
}

fn trailers(status: &Status) -> Result<Frame<Bytes>, Status> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers)?;
    Ok(Frame::trailers(trailers))
}
