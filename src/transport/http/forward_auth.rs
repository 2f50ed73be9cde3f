//! `/v1/forward-auth/PROFILE`: a gateway asks about every request by an HTTP subrequest.

use std::{pin::pin, sync::Arc, task::Poll, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header},
    response::Response,
};
use futures_util::poll;
use tokio::time::timeout;

use super::{
    bounded_listener::RequestConnection,
    call::{HttpCall, HttpCalls},
    problem,
};
use crate::{
    domain::CallError,
    gateway::{
        AccessDecision, DEFAULT_PROFILE, GatewayRequest, IdentityHeaders, SessionIdentity, client_address, deny,
        unavailable,
    },
    transport::{
        GatewayProtocol,
        gateway::{AskingGateway, CheckedRequest, RequestChecker},
        grpc::{RpcError, methods::FORWARD_AUTH},
        throttle::LogThrottle,
    },
};

/// The header with the API key of the gateway: `authorization` is the client's.
const KEY: &str = "x-session-authority-key";
/// The header with the method of the client's request. That of the subrequest may be another one.
const FORWARDED_METHOD: &str = "x-forwarded-method";
/// The header with the path and the query of the client's request.
const FORWARDED_URI: &str = "x-forwarded-uri";
/// The header that repeats the status, for gateways that change it.
const STATUS: HeaderName = HeaderName::from_static("x-session-status");

/// Room for the headers of a response that lets a request pass, with those that the server adds.
const HEADERS_OF_A_PASS: usize = 12;

/// Throttles the log of a gateway that names an unknown profile, which it does with every request.
static UNKNOWN_PROFILE_LOG: LogThrottle = LogThrottle::new(Duration::from_secs(5));

/// The path of checks under the default profile. That of another profile follows after a slash.
const PATH: &str = "/v1/forward-auth";

/// The handler of checks.
pub(super) struct ForwardAuth {
    pub(super) calls: HttpCalls,
    pub(super) checker: Arc<RequestChecker>,
    /// The time limit of a check.
    pub(super) timeout: Duration,
}

/// A fault of the gateway.
enum Fault {
    Call(RpcError),
    UnknownProfile,
}

impl ForwardAuth {
    /// Returns the name of the profile that the path of a check states, or `None` for any other path.
    pub(super) fn profile_in_path(path: &str) -> Option<&str> {
        match path.strip_prefix(PATH)? {
            "" => Some(DEFAULT_PROFILE),
            rest => rest.strip_prefix('/').filter(|profile| !profile.contains('/')),
        }
    }

    /// Checks a request under a profile. A response that lets it pass has no ID of the request.
    pub(super) async fn check<B>(
        &self,
        connection: &RequestConnection,
        profile: &str,
        request: &Request<B>,
    ) -> Response {
        let mut call = self.calls.begin(&FORWARD_AUTH, request.headers(), connection);
        let response = match self.decide(&mut call, profile, request).await {
            Ok(CheckedRequest { decision, failure, .. }) => {
                call.set_failure(failure.as_ref());
                self.checker.record(GatewayProtocol::ForwardAuth, &decision);
                if matches!(decision, AccessDecision::Allow(_)) {
                    // Gateways would drop the ID of the request.
                    return self.respond(decision);
                }
                self.respond(decision)
            }
            Err(Fault::Call(error)) => {
                call.set_failure(Some(&error));
                problem::gateway_fault(&error)
            }
            Err(Fault::UnknownProfile) => {
                if UNKNOWN_PROFILE_LOG.passes() {
                    tracing::warn!(
                        profile,
                        "a gateway names a profile that is not in `gateway.profiles`; its requests fail"
                    );
                }
                problem::unknown_profile()
            }
        };
        call.finish(response)
    }

    async fn decide<B>(
        &self,
        call: &mut HttpCall<'_>,
        profile: &str,
        request: &Request<B>,
    ) -> Result<CheckedRequest, Fault> {
        let key = request.headers().get(KEY).and_then(|value| value.to_str().ok()).filter(|key| !key.is_empty());
        let caller = match call.authorize(key) {
            Ok(caller) => caller,
            Err(error @ RpcError::UseCase(CallError::Unauthenticated(_) | CallError::PermissionDenied(_))) => {
                return Err(Fault::Call(error));
            }
            Err(overload) => return Ok(CheckedRequest::without_verdict(overload)),
        };
        let settings = self.checker.settings();
        let profile = settings.profile(profile).ok_or(Fault::UnknownProfile)?;
        let client_request = client_request(request.method(), request.headers());
        let gateway = AskingGateway {
            caller: &caller,
            request_id: call.request_id(),
            client: client_address(&client_request, settings.forward_auth_client),
        };
        let mut checking = pin!(self.checker.check(&client_request, profile, gateway));
        // A check that finishes without waiting needs no timer.
        Ok(match poll!(&mut checking) {
            Poll::Ready(checked) => checked,
            Poll::Pending => timeout(self.timeout, checking).await.unwrap_or_else(|_| {
                let detail = format!("the session store did not respond within {:?}", self.timeout);
                CheckedRequest::without_verdict(CallError::StoreUnavailable(detail.into()))
            }),
        })
    }

    fn respond(&self, decision: AccessDecision) -> Response {
        let credentials = &self.checker.settings().credentials;
        match decision {
            AccessDecision::Allow(identity) => allowed(identity.as_ref()),
            AccessDecision::Deny { reason, delete_cookies } => {
                problem::denied(deny(&reason, None, delete_cookies, credentials))
            }
            AccessDecision::Redirect { location, reason, delete_cookies } => {
                problem::denied(deny(&reason, Some(location), delete_cookies, credentials))
            }
            AccessDecision::Unavailable { retry_after } => problem::denied(unavailable(retry_after)),
        }
    }
}

/// Returns the client's request, as the headers of the subrequest describe it.
pub(super) fn client_request<'a>(method: &'a Method, headers: &'a HeaderMap) -> GatewayRequest<'a> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let mut parsed = GatewayRequest {
        method: text(FORWARDED_METHOD).unwrap_or_else(|| method.as_str()),
        path: text(FORWARDED_URI).unwrap_or_default(),
        ..GatewayRequest::default()
    };
    for (name, value) in headers {
        parsed.add_header(name.as_str(), value.as_bytes());
    }
    parsed
}

/// Returns the response to a request that passes. All identity headers are present, also without a value: some gateways
/// copy only the headers that are there, and leave the client's own in place of the others.
fn allowed(identity: Option<&SessionIdentity>) -> Response {
    let mut headers = HeaderMap::with_capacity(HEADERS_OF_A_PASS);
    for (name, value) in IdentityHeaders::new(identity).into_pairs() {
        // Encoded values have no byte that a header cannot have.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert(STATUS, HeaderValue::from_static("200"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = headers;
    response
}
