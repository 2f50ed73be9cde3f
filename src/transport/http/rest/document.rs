//! Responses of calls as JSON documents.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use serde::Serialize;

use crate::{
    api::json::{DynamicMessageJson, contract_method},
    domain::CallError,
    transport::grpc::{FailedCall, RpcError},
};

/// The method whose response is the history of a session.
pub(super) const HISTORY_METHOD: &str = "session.v1.AdminService/ListEvents";

/// A message, and the history of the session in it.
#[derive(Serialize)]
struct MessageWithHistory<'a> {
    #[serde(flatten)]
    message: Option<DynamicMessageJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<DynamicMessageJson<'a>>,
}

/// Returns the response to a call of `method` that succeeds with `status`.
pub(super) fn of_call(
    method: &MethodDescriptor,
    status: u16,
    outcome: Result<Bytes, FailedCall>,
) -> Result<Response, FailedCall> {
    let message = decode(method.output(), &outcome?)?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    json_response(status, &DynamicMessageJson(&message))
}

/// Returns the response with a session and its history. A session that has ended has only its history. The history
/// requires an audit database.
pub(super) fn with_history(
    method: &MethodDescriptor,
    session: Result<Bytes, FailedCall>,
    history: Result<Bytes, FailedCall>,
) -> Result<Response, FailedCall> {
    let events = contract_method(HISTORY_METHOD).map(|method| method.output());
    let history = match (history, events) {
        (Ok(history), Some(events)) => Some(decode(events, &history)?),
        (Err(failure), _) if failure.reason != "AUDIT_DISABLED" => return Err(failure),
        _ => None,
    };
    let has_events = history.as_ref().is_some_and(|history| history.has_field_by_name("events"));
    let message = match session {
        Ok(message) => Some(decode(method.output(), &message)?),
        Err(failure) if failure.reason == "SESSION_NOT_FOUND" && has_events => None,
        Err(failure) => return Err(failure),
    };
    let (message, history) = (message.as_ref().map(DynamicMessageJson), history.as_ref().map(DynamicMessageJson));
    json_response(StatusCode::OK, &MessageWithHistory { message, history })
}

fn decode(descriptor: MessageDescriptor, message: &[u8]) -> Result<DynamicMessage, FailedCall> {
    DynamicMessage::decode(descriptor, message).map_err(|error| unreadable(&error))
}

/// Returns a response with a JSON document.
pub(in crate::transport::http) fn json_response(
    status: StatusCode,
    document: &impl Serialize,
) -> Result<Response, FailedCall> {
    let document = serde_json::to_vec(document).map_err(|error| unreadable(&error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((status, headers, document).into_response())
}

/// Returns the failure to translate a response, which a test rules out.
fn unreadable(error: &dyn std::error::Error) -> FailedCall {
    tracing::error!(%error, "a response has no form in JSON");
    FailedCall::from(&RpcError::from(CallError::Internal("a response has no form in JSON".into())))
}
