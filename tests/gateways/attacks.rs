//! Requests that mean different things to a gateway and to the application behind it.

use super::{
    client::{Protocol, http1_request, send},
    http2_frames::{StreamEnd, send_frames},
    stack::{Stack, cookie},
};
use crate::service::fixture::eventually;

/// Paths that a gateway could take for one under `/public/`, and an application for one under `/admin/`.
const AMBIGUOUS_PATHS: [&str; 13] = [
    "/public/../admin/users",
    "/public/%2e%2e/admin/users",
    "/public/%2E%2E%2Fadmin/users",
    "/public%2f..%2fadmin/users",
    "/public/..%2fadmin/users",
    "/public/..;/admin/users",
    "/public/..;x=1/admin/users",
    "/public/.;/..;/admin/users",
    "//admin/users",
    "/public//../admin/users",
    "/./admin/users",
    "/public\\..\\admin\\users",
    "/public/..%5cadmin",
];

/// Sends a request for each ambiguous path. Returns those that reached the application as something else than a request
/// for a path below `/public/`.
pub async fn ambiguous_paths_that_pass(stack: &Stack, protocol: Protocol) -> Vec<String> {
    let mut passed = Vec::new();
    for path in AMBIGUOUS_PATHS {
        stack.get(protocol, path, &[]).await;
        for head in stack.application.take_received() {
            let reached = head.split(' ').nth(1).unwrap_or_default().to_ascii_lowercase();
            let is_plain = reached.starts_with("/public/") && !reached.contains("..") && !reached.contains("%2e");
            if !is_plain {
                passed.push(format!("{path} as {reached}"));
            }
        }
    }
    passed
}

/// Sends requests with headers that some parsers read differently, each followed by another request, and requires that
/// no hidden request and no identity header reaches the application.
pub async fn assert_nothing_is_smuggled(stack: &Stack) {
    let hidden = "GET /hidden HTTP/1.1\r\nhost: app.example\r\nx-session-user: root\r\n\r\n";
    let length = hidden.len();
    let lines = [
        // A length and chunks: a parser that believes the other of the two sees another request.
        format!("content-length: {length}\r\ntransfer-encoding: chunked"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}"),
        format!("content-length: 0\r\ncontent-length: {length}"),
        format!("content-length: +{length}"),
        "transfer-encoding: xchunked".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
        "transfer-encoding : chunked".to_owned(),
        "transfer-encoding:\x0bchunked".to_owned(),
        // A header that continues on the next line, or ends within its value.
        "x-a: b\r\n x-session-user: root".to_owned(),
        "x-a: b\rx-session-user: root".to_owned(),
        "x-a: b\nx-session-user: root".to_owned(),
        "x-session-user : root".to_owned(),
        "x-a: b\0c".to_owned(),
    ];
    for line in lines {
        let head = format!("POST /public/x HTTP/1.1\r\nhost: app.example\r\nconnection: close\r\n{line}\r\n\r\n");
        let response = send(stack.address, &(head + hidden)).await;
        for head in stack.application.take_received() {
            assert!(!head.contains("/hidden"), "{line:?} {head:?} {response:?}");
            let is_spoofed =
                head.split(['\r', '\n']).any(|line| line.to_ascii_lowercase().starts_with("x-session-user"));
            assert!(!is_spoofed, "{line:?} {head:?}");
        }
    }
}

/// Sends requests as frames of HTTP/2 that are malformed (RFC 9113 §8.1.1, §8.2, §8.3), and requires that none reaches
/// the application with an identity, a second request or a framing of its own.
pub async fn assert_malformed_frames_do_not_pass(stack: &Stack) {
    let pseudo: [(&str, &[u8]); 4] =
        [(":method", b"POST"), (":scheme", b"http"), (":authority", b"app.example"), (":path", b"/public/x")];
    assert_eq!(send_frames(stack.address, &pseudo, None).await, StreamEnd::Response);
    assert_eq!(stack.application.take_received().len(), 1, "well-formed frames pass");
    let hidden = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nhost: app.example\r\nx-session-user: root\r\n\r\n";
    let fields: [(&str, &[u8]); 14] = [
        // Fields of a connection, with which HTTP/1.1 upstream would frame the body in another way.
        ("transfer-encoding", b"chunked"),
        ("content-length", b"5"),
        ("connection", b"x-session-id"),
        ("proxy-connection", b"keep-alive"),
        ("upgrade", b"websocket"),
        ("keep-alive", b"timeout=5"),
        // Names and values that are more than one field of HTTP/1.1.
        ("X-Session-User", b"root"),
        ("x-session-user ", b"root"),
        ("x-a: b\r\nx-session-user", b"root"),
        ("x-a", b"b\r\nx-session-user: root"),
        ("x-a", b"b\nx-session-user: root"),
        ("x-a", b"b\0c"),
        // A second path, and a pseudo field after the others.
        (":path", b"/admin/users"),
        (":session-user", b"root"),
    ];
    for field in fields {
        let fields = [&pseudo[..], &[field]].concat();
        send_frames(stack.address, &fields, Some(hidden)).await;
        for head in stack.application.take_received() {
            let head = head.to_ascii_lowercase();
            assert!(head.starts_with("post /public/x") && !head.contains("/hidden"), "{field:?} {head:?}");
            let is_harmful = |line: &str| {
                ["x-session-user", "proxy-connection", "keep-alive", "upgrade"]
                    .iter()
                    .any(|name| line.starts_with(name))
            };
            assert!(!head.split(['\r', '\n']).any(is_harmful), "{field:?} {head:?}");
        }
    }
}

/// Requires that bytes which are no text decide nothing: a request with them is checked as one without.
pub async fn assert_bytes_that_are_not_text_are_harmless(stack: &Stack) {
    let created = stack.login("ann", &["user"]).await;
    let token = cookie(&created);
    for with_session in [true, false] {
        let session = if with_session { token.as_str() } else { "theme=dark" };
        let request = http1_request("GET", "/orders", &[("cookie", session), ("user-agent", "@"), ("accept", "@")]);
        let bytes = request.bytes().flat_map(|byte| if byte == b'@' { vec![0xff, 0xc3, 0x28] } else { vec![byte] });
        let response = send(stack.address, bytes.collect::<Vec<_>>()).await;
        if with_session {
            assert_eq!((response.status, response.upstream("x-session-user")), (200, vec!["ann"]), "{response:?}");
        } else {
            assert_eq!((response.status, response.header("x-session-reason")), (401, "TOKEN_MISSING"));
        }
    }
    // Beside the token, and within it.
    for (place, statuses) in [("a=@; ", [200, 200]), ("__Host-session=@; ", [401, 400])] {
        let request = http1_request("GET", "/orders", &[("cookie", &format!("{place}{token}"))]);
        let bytes = request.bytes().map(|byte| if byte == b'@' { 0xff } else { byte });
        let response = send(stack.address, bytes.collect::<Vec<_>>()).await;
        assert!(statuses.contains(&response.status), "{place} {response:?}");
    }
}

/// Returns the address that the authority saw a session used from, if the client states another one.
pub async fn address_of_a_client_that_states_another(stack: &Stack) -> String {
    let created = stack.login("ann", &["user"]).await;
    let cookie = cookie(&created);
    let stated = [
        ("cookie", cookie.as_str()),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("x-envoy-external-address", "203.0.113.9"),
    ];
    let response = stack.get(Protocol::Http1, "/orders", &stated).await;
    assert_eq!(response.status, 200, "{response:?}");
    // The last seen client is stored after the response.
    eventually("the last seen client", || async { stack.last_seen_address(&created).await.is_some() }).await;
    stack.last_seen_address(&created).await.expect("an address")
}
