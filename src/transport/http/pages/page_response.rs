//! Responses to browsers, and the headers that protect them.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::web::{Page, assets};

/// Pages load nothing from elsewhere, run no inline script and are not shown in frames. Scripts cannot turn text into
/// markup (Trusted Types).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The headers of every response.
static COMMON_HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    // No other site sees the address of a page. With `no-referrer`, browsers would send `origin: null` with forms.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Adds the headers of every response. One that may be kept says so itself.
pub(super) fn add_common_headers(headers: &mut HeaderMap) {
    for (name, value) in &COMMON_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Returns the response with a page.
pub(super) fn page(status: StatusCode, page: &impl Page) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.document()).into_response()
}

/// Returns the response that leads to another page, which is then loaded with GET.
pub(super) fn see_other(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Returns the file at `DIGEST/NAME` of the assets.
pub(super) fn asset(file: &str) -> Option<Response> {
    let (digest, name) = file.split_once('/')?;
    let asset = assets::find(digest, name)?;
    let headers =
        [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Some((headers, asset.content).into_response())
}
