//! REST, called as programs and browsers do.

mod calls;
mod refusals;
mod roles;
mod user_sessions;

use std::{fmt::Write as _, net::SocketAddr};

use serde_json::Value;

use super::fixture::TestService;
use crate::gateways::client::{ClientResponse, send};

const LISTEN: (&str, &str) = ("HTTP__LISTEN", "127.0.0.1:0");

fn http(service: &TestService) -> SocketAddr {
    service.node.http.expect("an HTTP listener")
}

/// A response with its document.
#[derive(Debug)]
struct RestResponse {
    status: u16,
    json: Value,
    response: ClientResponse,
}

impl RestResponse {
    fn new(response: ClientResponse) -> Self {
        let json = serde_json::from_str(&response.body).unwrap_or_default();
        Self { status: response.status, json, response }
    }

    /// Returns the status and the reason of a problem, after a check of its form.
    #[track_caller]
    fn problem(&self) -> (u16, &str) {
        assert_eq!(self.response.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.json["status"], self.status, "{self:?}");
        let reason = self.json["reason"].as_str().expect("a reason");
        assert_eq!(self.json["type"], format!("urn:session-authority:error:{reason}"));
        let id = self.response.header("x-request-id");
        assert_eq!(self.json["instance"], format!("urn:session-authority:request:{id}"));
        for text in ["title", "detail"] {
            assert!(self.json[text].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        }
        (self.status, reason)
    }

    /// Returns the names of the invalid fields.
    fn fields(&self) -> Vec<&str> {
        let fields = self.json["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        fields.iter().filter_map(|field| field["field"].as_str()).collect()
    }
}

/// Sends a request with a JSON body, if it has one.
async fn call(service: &TestService, verb: &str, path: &str, body: Option<Value>) -> RestResponse {
    call_with(service, verb, path, &[], body).await
}

/// Sends a request with an API key.
async fn call_as(service: &TestService, key: &str, verb: &str, path: &str, body: Option<Value>) -> RestResponse {
    call_with(service, verb, path, &[("authorization", &format!("Bearer {key}"))], body).await
}

async fn call_with(
    service: &TestService,
    verb: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> RestResponse {
    let body = body.map(|body| body.to_string());
    let kind = body.is_some().then_some(("content-type", "application/json"));
    let headers: Vec<_> = kind.into_iter().chain(headers.iter().copied()).collect();
    RestResponse::new(send(http(service), &request_text(verb, path, &headers, body.as_deref().unwrap_or(""))).await)
}

fn request_text(verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{verb} {path} HTTP/1.1\r\nhost: app.example\r\nconnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !body.is_empty() || verb == "POST" || verb == "PATCH" {
        let _ = write!(text, "content-length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}
