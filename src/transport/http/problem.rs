//! Errors as `application/problem+json` (RFC 9457).

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::transport::grpc::{RpcError, status};

pub(super) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
const REASON: HeaderName = HeaderName::from_static("x-session-reason");
const STATUS: HeaderName = HeaderName::from_static("x-session-status");

/// Returns the response to a gateway whose own call is at fault. It is 500: the gateway would hand a 401 or 403 to its
/// client, who can do nothing about it.
pub(super) fn gateway_fault(error: &RpcError) -> Response {
    let (reason, detail) = status::describe(error);
    problem(StatusCode::INTERNAL_SERVER_ERROR, "The gateway may not ask", &reason, &detail)
}

/// Returns the response to a gateway that names an unknown profile.
pub(super) fn unknown_profile() -> Response {
    let detail = "the path names a profile that is not in `gateway.profiles`";
    problem(StatusCode::INTERNAL_SERVER_ERROR, "Unknown profile", "PROFILE_UNKNOWN", detail)
}

/// Returns the response to a request for a path that is not served.
pub(super) async fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "Not found", "PATH_NOT_SERVED", "this path is not served")
}

fn problem(status: StatusCode, title: &str, reason: &str, detail: &str) -> Response {
    let body = serde_json::json!({
        "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail, "reason": reason,
    });
    let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(STATUS, HeaderValue::from(status.as_u16()));
    // Reasons are names of the contract.
    if let Ok(reason) = HeaderValue::from_str(reason) {
        headers.insert(REASON, reason);
    }
    response
}
