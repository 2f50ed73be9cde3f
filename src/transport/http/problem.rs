//! Errors as `application/problem+json` (RFC 9457).

use std::{collections::BTreeMap, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    gateway::{DenialResponse, encode_header_value},
    transport::grpc::{FailedCall, RpcError, status},
};

pub(super) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
const REASON: HeaderName = HeaderName::from_static("x-session-reason");
const STATUS: HeaderName = HeaderName::from_static("x-session-status");

/// The prefix of the type of a problem. The reason follows.
pub(super) const TYPE_PREFIX: &str = "urn:session-authority:error:";

/// A request that cannot be translated to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusedRequest {
    PathNotServed,
    MethodNotAllowed,
    MediaTypeNotSupported,
    CrossSite,
}

impl RefusedRequest {
    /// Returns the status, the reason and the detail.
    const fn describe(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::PathNotServed => (StatusCode::NOT_FOUND, "PATH_NOT_SERVED", "this path is not served"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "this path does not have the method; the header `allow` lists its methods",
            ),
            Self::MediaTypeNotSupported => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "MEDIA_TYPE_NOT_SUPPORTED",
                "the body must be JSON with `content-type: application/json`",
            ),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "CROSS_SITE_REQUEST",
                "a page of another site sent this request; add its origin to `http.trusted_origins` if it may",
            ),
        }
    }
}

/// Returns the response to a refused request.
pub(super) fn refused(refused: RefusedRequest, request_id: &str) -> Response {
    let (status, reason, detail) = refused.describe();
    respond(
        status,
        &ProblemDetails {
            instance: Some(request_reference(request_id)),
            ..ProblemDetails::new(status, reason, detail)
        },
    )
}

/// Returns the response to a call that failed.
pub(super) fn failed(failure: &FailedCall, request_id: &str) -> Response {
    let status = StatusCode::from_u16(failure.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fields = failure.fields.iter().map(|(field, description)| ProblemField { field, description });
    let details = ProblemDetails {
        instance: Some(request_reference(request_id)),
        fields: fields.collect(),
        metadata: &failure.metadata,
        ..ProblemDetails::new(status, &failure.reason, &failure.message)
    };
    let mut response = respond(status, &details);
    let headers = response.headers_mut();
    if let Some(delay) = failure.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Returns the response to a gateway whose own call is at fault. It is 500: the gateway would hand a 401 or 403 to its
/// client, who can do nothing about it.
pub(super) fn gateway_fault(error: &RpcError) -> Response {
    let (reason, detail) = status::describe(error);
    for_gateway("The gateway may not ask", &reason, &detail)
}

/// Returns the response to a gateway that names an unknown profile.
pub(super) fn unknown_profile() -> Response {
    let detail = "the path names a profile that is not in `gateway.profiles`";
    for_gateway("Unknown profile", "PROFILE_UNKNOWN", detail)
}

fn for_gateway(title: &str, reason: &str, detail: &str) -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let details = ProblemDetails { title: title.to_owned(), ..ProblemDetails::new(status, reason, detail) };
    let mut response = respond(status, &details);
    let headers = response.headers_mut();
    headers.insert(STATUS, HeaderValue::from(status.as_u16()));
    // Reasons are names of the contract.
    if let Ok(reason) = HeaderValue::from_str(reason) {
        headers.insert(REASON, reason);
    }
    response
}

/// Returns the response to a request that does not pass.
pub(super) fn denied(denial: DenialResponse) -> Response {
    let DenialResponse { status, headers, body, .. } = denial;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The document of a problem.
#[derive(Serialize)]
struct ProblemDetails<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<ProblemField<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
}

/// An invalid field of a request.
#[derive(Serialize)]
struct ProblemField<'a> {
    field: &'a str,
    description: &'a str,
}

impl<'a> ProblemDetails<'a> {
    fn new(status: StatusCode, reason: &'a str, detail: &'a str) -> Self {
        static NO_METADATA: BTreeMap<String, String> = BTreeMap::new();
        Self {
            r#type: format!("{TYPE_PREFIX}{reason}"),
            title: title(reason),
            status: status.as_u16(),
            detail,
            instance: None,
            reason,
            fields: Vec::new(),
            metadata: &NO_METADATA,
        }
    }
}

/// Returns the ID of a request as a URI.
fn request_reference(request_id: &str) -> String {
    format!("urn:session-authority:request:{}", encode_header_value(request_id))
}

/// Returns the title of a problem: `Session not found` for `SESSION_NOT_FOUND`.
fn title(reason: &str) -> String {
    let words = reason.to_ascii_lowercase().replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn respond(status: StatusCode, details: &ProblemDetails<'_>) -> Response {
    // Texts and numbers have a form in JSON.
    let body = serde_json::to_string(details).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns the seconds of a header `retry-after`.
fn whole_seconds(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}
