//! Requests that are HTTP but not gRPC (gRPC over HTTP/2, "Requests").

use http::{
    Method, Request, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use tonic::body::Body;

const GRPC: &[u8] = b"application/grpc";

/// Returns the plain HTTP response to a request that is not gRPC: 405 to a method other than POST, 415 to another
/// content type. Returns `None` for a gRPC request.
pub(super) fn reject(request: &Request<Body>) -> Option<Response<Body>> {
    if request.method() != Method::POST {
        let mut response = empty_response(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(ALLOW, http::HeaderValue::from_static("POST"));
        return Some(response);
    }
    let content_type = request.headers().get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let is_grpc = content_type.and_then(|value| value.split_at_checked(GRPC.len())).is_some_and(|(kind, rest)| {
        // gRPC-Web has the same prefix and is another protocol.
        kind.eq_ignore_ascii_case(GRPC) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
    });
    (!is_grpc).then(|| empty_response(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

fn empty_response(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
