//! REST: every method of the contract that does not stream without end, as requests with JSON.
//!
//! A request is translated to the call of its route ([`routes`]) by the descriptors of the contract, and passes the same
//! layers as one over gRPC. Its response is the message in JSON, or a problem from the one table of statuses.

mod document;
mod message;
mod openapi;
mod routes;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{ConnectInfo, RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
    routing::{MethodFilter, on},
};
use futures_util::StreamExt as _;
use prost::{Message as _, bytes::Bytes};
use prost_reflect::MethodDescriptor;

use super::{
    bounded_listener::RequestConnection,
    call::{HttpCalls, REQUEST_ID, insert_request_id},
    cross_site::{RequestCredential, is_cross_site},
    problem::{self, RefusedRequest},
};
use crate::{
    api::{ListEventsRequest, json::contract_method},
    transport::grpc::{CompletedCall, FailedCall, InProcessCalls, RpcError},
};

pub(super) use document::json_response;
pub use openapi::openapi_document;

use self::{
    document::HISTORY_METHOD,
    message::{RequestParts, encode_message},
    routes::{MessageSource, ROUTES, RestRoute, RouteVerb},
};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The size of a body as a multiple of that of a message: JSON takes more space than the encoding of protobuf.
const BODY_PER_MESSAGE: usize = 4;

/// The parts that all routes share.
pub(super) struct RestApi {
    pub(super) http: HttpCalls,
    pub(super) calls: InProcessCalls,
    /// The maximum size of a message, in bytes.
    pub(super) message_bytes: usize,
    /// Other sites whose pages may send requests with the credentials of a connection or a cookie.
    pub(super) trusted_origins: Arc<[String]>,
}

/// A route with the descriptor of its method.
struct ServedRoute {
    route: RestRoute,
    method: MethodDescriptor,
}

/// Returns the router of all routes, and of `others`. A path without the method of the request is 405, any other path 404.
pub(super) fn router(api: Arc<RestApi>, others: Router) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        // A test requires that every route has its method.
        let Some(method) = contract_method(route.rpc) else { continue };
        let served = Arc::new(ServedRoute { route, method });
        let handler = move |api: State<Arc<RestApi>>, connection, path, request| {
            let served = Arc::clone(&served);
            async move { api.0.handle(&served, connection, path, request).await }
        };
        let filter = match route.verb {
            RouteVerb::Get => MethodFilter::GET,
            RouteVerb::Post => MethodFilter::POST,
            RouteVerb::Patch => MethodFilter::PATCH,
            RouteVerb::Delete => MethodFilter::DELETE,
        };
        router = router.route(route.path, on(filter, handler));
    }
    let router = router.merge(others.with_state(()));
    router.method_not_allowed_fallback(method_not_allowed).fallback(not_found).with_state(api)
}

/// Responds to a request for a path that is not served.
async fn not_found(State(api): State<Arc<RestApi>>, request: Request) -> Response {
    api.refuse(RefusedRequest::PathNotServed, request.headers())
}

async fn method_not_allowed(State(api): State<Arc<RestApi>>, request: Request) -> Response {
    api.refuse(RefusedRequest::MethodNotAllowed, request.headers())
}

impl RestApi {
    async fn handle(
        &self,
        served: &ServedRoute,
        ConnectInfo(connection): ConnectInfo<RequestConnection>,
        path: Result<RawPathParams, RawPathParamsRejection>,
        request: Request,
    ) -> Response {
        let _guard = connection.connection.begin_call();
        let request_id = self.http.gate.request_id(request.headers());
        let mut response = self.respond(served, &connection, path, request, &request_id).await;
        insert_request_id(response.headers_mut(), request_id);
        response
    }

    async fn respond(
        &self,
        served: &ServedRoute,
        connection: &RequestConnection,
        path: Result<RawPathParams, RawPathParamsRejection>,
        request: Request,
        request_id: &str,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let is_keyed = parts.headers.contains_key(header::AUTHORIZATION);
        let credential = if is_keyed { RequestCredential::Header } else { RequestCredential::Connection };
        if is_cross_site(&parts.method, &parts.headers, credential, &self.trusted_origins) {
            return problem::refused(RefusedRequest::CrossSite, request_id);
        }
        let has_body = served.route.source == MessageSource::Body && !body.is_end_stream();
        if has_body && !is_json(&parts.headers) {
            return problem::refused(RefusedRequest::MediaTypeNotSupported, request_id);
        }
        let variable = path.iter().flatten().map(|(_, value)| value.to_owned()).next();
        if variable.is_none() && !served.route.variable.is_empty() {
            // It is not UTF-8.
            return problem::refused(RefusedRequest::PathNotServed, request_id);
        }
        let variable = variable.unwrap_or_default();
        let session_id = variable.clone();
        let (route, input) = (served.route, served.method.input());
        let limit = self.message_bytes.saturating_mul(BODY_PER_MESSAGE);
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let message = async move {
            let body = if has_body { receive_body(body, limit).await? } else { Vec::new() };
            encode_message(&route, &input, &RequestParts { variable: &variable, query: &query, body: &body })
        };
        let headers = call_headers(&parts.headers, request_id);
        let call = self.calls.call(route.rpc, headers.clone(), Arc::clone(&connection.connection), message).await;
        let CompletedCall { headers: called, outcome } = call;
        let mut response = if route.has_history {
            let history = self.history(session_id, headers, connection).await;
            document::with_history(&served.method, outcome, history)
        } else {
            document::of_call(&served.method, route.status, outcome)
        }
        .unwrap_or_else(|failure| problem::failed(&failure, request_id));
        if let Some(trace) = called.get(&TRACEPARENT) {
            response.headers_mut().insert(&TRACEPARENT, trace.clone());
        }
        response
    }

    /// Returns the latest events of a session.
    async fn history(
        &self,
        session_id: String,
        headers: HeaderMap,
        connection: &RequestConnection,
    ) -> Result<Bytes, FailedCall> {
        let request = ListEventsRequest { session_id, ..ListEventsRequest::default() }.encode_to_vec();
        let message = std::future::ready(Ok(request));
        self.calls.call(HISTORY_METHOD, headers, Arc::clone(&connection.connection), message).await.outcome
    }

    /// Returns the response to a request that has no route.
    fn refuse(&self, refused: RefusedRequest, headers: &HeaderMap) -> Response {
        let request_id = self.http.gate.request_id(headers);
        let mut response = problem::refused(refused, &request_id);
        insert_request_id(response.headers_mut(), request_id);
        response
    }
}

/// Returns whether the body is stated to be JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Returns the headers of the call: those that concern every protocol.
fn call_headers(headers: &HeaderMap, request_id: &str) -> HeaderMap {
    let mut call = HeaderMap::new();
    for name in [&header::AUTHORIZATION, &TRACEPARENT] {
        if let Some(value) = headers.get(name) {
            call.insert(name, value.clone());
        }
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        call.insert(&REQUEST_ID, id);
    }
    call
}

/// Receives a body of at most `limit` bytes.
async fn receive_body(body: Body, limit: usize) -> Result<Vec<u8>, RpcError> {
    let mut received = Vec::new();
    let mut data = body.into_data_stream();
    while let Some(chunk) = data.next().await {
        let chunk = chunk.map_err(|_| RpcError::Malformed("the body did not arrive".to_owned()))?;
        if received.len() + chunk.len() > limit {
            return Err(RpcError::MessageTooLarge { limit });
        }
        received.extend_from_slice(&chunk);
    }
    Ok(received)
}
