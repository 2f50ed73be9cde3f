//! Full load of checks, as Envoy makes them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prost::bytes::Bytes;
use session_authority::api::ext_authz::{
    Address, AttributeContext, CheckRequest, HeaderEntry, HttpRequest, Peer, Request, SocketAddress,
};

use crate::{
    CLIENT_ADDRESS, USER_AGENT,
    common::{
        closed_loop::{CallTally, CheckOrder, run_workers},
        connection::{GrpcConnection, GrpcMethod, encode_frame},
        grpc_logins::SignedInSession,
    },
};

/// A server of Envoy's protocol, and the checks to send to it.
#[derive(Clone)]
pub struct CheckTarget {
    pub method: GrpcMethod,
    pub connections: Vec<GrpcConnection>,
    /// Requests, each with the session ID that its response must have.
    checks: Arc<[(Bytes, String)]>,
    order: CheckOrder,
}

impl CheckTarget {
    /// Checks requests with these tokens. All responses have the session `only`, if it is given.
    pub fn new(
        method: GrpcMethod,
        connections: Vec<GrpcConnection>,
        people: &[SignedInSession],
        only: Option<&str>,
    ) -> Self {
        let check = |person: &SignedInSession| {
            let expected = only.unwrap_or(&person.session.session_id);
            (encode_frame(&check_request(&person.token)), expected.to_owned())
        };
        Self { method, connections, checks: people.iter().map(check).collect(), order: CheckOrder::default() }
    }

    /// Returns the response to the first check.
    pub async fn first_response(&self) -> Bytes {
        self.connections[0].clone().call(&self.method, self.checks[0].0.clone()).await.expect("a response")
    }

    /// Keeps `in_flight` checks in flight on each connection for `span`.
    pub async fn run(&self, in_flight: usize, span: Duration) -> CallTally {
        let number = self.connections.len() * in_flight;
        run_workers(number, span, |lane, stop| {
            let connection = self.connections[lane % self.connections.len()].clone();
            send_until(self.clone(), connection, stop)
        })
        .await
    }
}

async fn send_until(target: CheckTarget, mut connection: GrpcConnection, stop: Arc<AtomicBool>) -> CallTally {
    let mut tally = CallTally::default();
    while !stop.load(Ordering::Relaxed) {
        let (body, expected) = &target.checks[target.order.next_index(target.checks.len())];
        let answer = connection.call(&target.method, body.clone()).await;
        tally.record(answer.and_then(|answer| verify(&answer, expected)));
    }
    tally
}

/// Requires that a response lets the request pass with this session.
fn verify(answer: &[u8], session_id: &str) -> Result<(), String> {
    /// Field 1, the status, is empty: OK.
    const PASSES: &[u8] = &[0x0A, 0];
    let has_session = || answer.windows(session_id.len()).any(|window| window == session_id.as_bytes());
    if answer.starts_with(PASSES) && has_session() {
        return Ok(());
    }
    Err(format!("expected session {session_id}, got {}", String::from_utf8_lossy(answer)))
}

/// Returns the check of a request with a token, with the headers that `deploy/envoy/envoy.yaml` allows.
fn check_request(token: &str) -> CheckRequest {
    let cookie = format!("__Host-session={token}");
    let headers = [
        (":authority", "app.example"),
        (":method", "GET"),
        (":path", "/orders"),
        (":scheme", "http"),
        ("accept", "*/*"),
        ("cookie", cookie.as_str()),
        ("user-agent", USER_AGENT),
        ("x-forwarded-for", CLIENT_ADDRESS),
    ];
    let entry = |(key, value): (&str, &str)| HeaderEntry { key: key.to_owned(), value: value.to_owned() };
    let http = HttpRequest {
        method: "GET".to_owned(),
        path: "/orders".to_owned(),
        headers: headers.map(entry).into(),
        header_map: None,
    };
    let peer = SocketAddress { address: CLIENT_ADDRESS.to_owned() };
    CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(Peer { address: Some(Address { socket_address: Some(peer) }) }),
            request: Some(Request { http: Some(http) }),
            ..AttributeContext::default()
        }),
    }
}
