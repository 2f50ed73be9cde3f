//! Calls of gRPC-Web, and the browsers that may make them.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::body::Incoming;

use super::{
    bounded_listener::RequestConnection,
    call::{HttpCalls, insert_request_id},
    problem::{self, RefusedRequest},
};
use crate::transport::grpc::GrpcWebServices;

const CONTENT_TYPE: &[u8] = b"application/grpc-web";
/// The request headers that a page may set.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, grpc-timeout, traceparent, x-grpc-web, x-request-id, x-user-agent",
);
/// The response headers that a page may read.
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("grpc-status, grpc-message, grpc-status-details-bin, traceparent, x-request-id");
const POST: HeaderValue = HeaderValue::from_static("POST");
const ORIGIN: HeaderValue = HeaderValue::from_static("origin");
/// The time for which a browser may remember the response to a preflight request, in seconds. Browsers have limits of
/// their own.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Responds to calls of gRPC-Web.
///
/// A browser states the origin of a page in every POST, and the page cannot change it. A request with an origin that is
/// not listed is refused, even if it names this server: a page could otherwise reach a server that trusts its network,
/// by a name that resolves to its address (DNS rebinding).
pub(super) struct GrpcWeb {
    pub(super) calls: HttpCalls,
    pub(super) services: GrpcWebServices,
    pub(super) trusted_origins: Arc<[String]>,
}

impl GrpcWeb {
    /// Returns whether a request is a call of gRPC-Web, or the question of a browser whether a page may make one.
    pub(super) fn accepts<B>(request: &Request<B>) -> bool {
        let content_type = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        content_type
            .and_then(|value| value.get(..CONTENT_TYPE.len()))
            .is_some_and(|kind| kind.eq_ignore_ascii_case(CONTENT_TYPE))
            || is_preflight(request)
    }

    pub(super) async fn respond(&self, request: Request<Incoming>, connection: &RequestConnection) -> Response {
        let origin = request.headers().get(header::ORIGIN).cloned();
        if origin.as_ref().is_some_and(|origin| !self.trusts(origin)) {
            let id = self.calls.gate.request_id(request.headers());
            let mut response = problem::refused(RefusedRequest::CrossSite, &id);
            insert_request_id(response.headers_mut(), id);
            return response;
        }
        let mut response = if is_preflight(&request) {
            preflight_response()
        } else {
            self.services.call(request, &connection.connection).await.map(Body::new)
        };
        if let Some(origin) = origin {
            permit_reading(response.headers_mut(), origin);
        }
        response
    }

    fn trusts(&self, origin: &HeaderValue) -> bool {
        self.trusted_origins.iter().any(|trusted| origin == trusted)
    }
}

/// Returns whether a browser asks if a page may call a method of gRPC (Fetch, "CORS-preflight request").
fn is_preflight<B>(request: &Request<B>) -> bool {
    let is_method = || {
        let (service, method) = request.uri().path().trim_start_matches('/').split_once('/')?;
        Some(service.contains('.') && !method.contains('/'))
    };
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && is_method() == Some(true)
}

fn preflight_response() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, POST),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Permits pages of `origin` to read a response. Cookies are not permitted: callers authenticate by a header.
fn permit_reading(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    headers.insert(header::VARY, ORIGIN);
}
