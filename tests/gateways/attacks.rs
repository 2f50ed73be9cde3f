//! Requests that mean different things to a gateway and to the application behind it.

use super::{
    client::{Protocol, send},
    stack::Stack,
};

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
