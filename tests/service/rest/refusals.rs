//! Requests that fail, and their problems.

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{LISTEN, RestResponse, call, call_with, http, request_text};
use crate::{
    gateways::client::{read_response, send},
    service::fixture::{TestService, id_of, login_of},
    support::redis::RedisServer,
};

async fn on_sqlite() -> TestService {
    TestService::start(None, &[LISTEN]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_refuses_invalid_fields_and_names_them() {
    let service = on_sqlite().await;
    for (verb, path, body, fields) in [
        (
            "POST",
            "/api/v1/sessions",
            json!({"roles": [""], "client": {"ip": "x"}}),
            &["user_id", "client.ip", "roles"][..],
        ),
        ("POST", "/api/v1/sessions", json!({"user_id": 7, "rolls": []}), &["rolls", "user_id"]),
        ("GET", "/api/v1/sessions", Value::Null, &["user_id"]),
        ("GET", "/api/v1/sessions?user=ann", Value::Null, &["user"]),
        ("GET", "/api/v1/sessions/x", Value::Null, &["session_id"]),
        ("PATCH", "/api/v1/sessions/x", json!({"update_mask": "email"}), &["session_id"]),
        ("DELETE", "/api/v1/sessions/x", Value::Null, &["session_id"]),
        ("POST", "/api/v1/sessions/validate", json!({"min_assurance_level": 101}), &["min_assurance_level"]),
        ("POST", "/api/v1/sessions/rotate", json!({"client": {"ip": "x"}}), &["client.ip"]),
        ("POST", "/api/v1/sessions/touch", json!({}), &["touches"]),
        ("POST", "/api/v1/sessions/revoke", json!({}), &["target"]),
        ("POST", "/api/v1/sessions/revoke-all", json!({}), &["scope"]),
        ("POST", "/api/v1/auth-events", json!({"user_id": "ann"}), &["kind"]),
        ("POST", "/api/v1/alerts/x/ack", json!({}), &["alert_id", "verdict"]),
        ("POST", "/api/v1/alerts/answer-link", json!({}), &["token"]),
        ("POST", "/api/v1/notifications/lease", json!({"max_notifications": 101}), &["max_notifications"]),
        ("POST", "/api/v1/notifications/ack", json!({}), &["lease_id", "notification_ids"]),
        ("POST", "/api/v1/notifications/extend", json!({"notification_ids": ["x"]}), &["lease_id", "notification_ids"]),
        ("POST", "/api/v1/notifications/requeue", json!({}), &["notification_ids"]),
        ("GET", "/api/v1/notifications/stats?x=1", Value::Null, &["x"]),
        ("POST", "/api/v1/denylist", json!({}), &["tokens"]),
        ("POST", "/api/v1/denylist/check", json!({}), &["jtis"]),
        ("GET", "/admin/api/sessions?country=x", Value::Null, &["filter.country"]),
        ("GET", "/admin/api/sessions/x", Value::Null, &["session_id"]),
        ("GET", "/admin/api/sessions/x/events", Value::Null, &["session_id"]),
        ("DELETE", "/admin/api/sessions/x", Value::Null, &["session_id"]),
        ("POST", "/admin/api/sessions/cleanup", json!({"all": true}), &["all"]),
        ("POST", "/admin/api/sessions/revoke", json!({}), &["filter"]),
        ("POST", "/admin/api/sessions/revoke-all", json!({"tenant": {}}), &["tenant.tenant_id"]),
        ("GET", "/admin/api/events?page_token=x", Value::Null, &["page_token"]),
        ("GET", "/admin/api/stats?step=1s", Value::Null, &["step"]),
        ("GET", "/admin/api/credentials?x=1", Value::Null, &["x"]),
        ("POST", "/admin/api/users/ann/forget", json!({"user_id": "bob"}), &["user_id"]),
        ("POST", "/admin/api/users/ann/revoke-all", json!({"user": {"user_id": "bob"}}), &["user.user_id"]),
    ] {
        let response = call(&service, verb, path, Some(body).filter(|body| !body.is_null())).await;
        assert_eq!(response.problem(), (400, "INVALID_FIELD"), "{verb} {path}");
        let mut found = response.fields();
        found.sort_unstable();
        let mut expected = fields.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{verb} {path} {response:?}");
    }
}

#[tokio::test]
async fn other_failures_have_the_reason_and_the_metadata_of_their_status() {
    let service = on_sqlite().await;
    let created = service.login("ann").await;
    let missing = call(&service, "GET", &format!("/api/v1/sessions/{}", "a".repeat(32)), None).await;
    assert_eq!(missing.problem(), (404, "SESSION_NOT_FOUND"));
    assert_eq!(missing.json["title"], "Session not found");
    let missing = call(&service, "GET", &format!("/admin/api/sessions/{}", "a".repeat(32)), None).await;
    assert_eq!(missing.problem(), (404, "SESSION_NOT_FOUND"));
    let path = format!("/api/v1/sessions/{}", id_of(&created));
    let update = json!({"session": {"email": "a@b.c"}, "update_mask": "email", "if_revision": 7});
    let conflict = call(&service, "PATCH", &path, Some(update)).await;
    assert_eq!((conflict.problem(), &conflict.json["metadata"]["revision"]), ((409, "REVISION_CONFLICT"), &json!("1")));
}

#[tokio::test]
async fn paths_and_methods_that_are_not_served_are_problems() {
    let service = on_sqlite().await;
    for path in ["/", "/api/v1", "/api/v1/other", "/api/v2/sessions", "/admin/api/sessions/", "/api/v1/sessions/%ff"] {
        assert_eq!(call(&service, "GET", path, None).await.problem(), (404, "PATH_NOT_SERVED"), "{path}");
    }
    for (verb, path, allowed) in [
        ("PUT", "/api/v1/sessions", &["GET", "POST"][..]),
        ("DELETE", "/api/v1/sessions", &["GET", "POST"]),
        ("GET", "/api/v1/sessions/validate", &["POST"]),
        ("POST", "/admin/api/stats", &["GET"]),
        ("TRACE", "/admin/api/sessions/cleanup", &["POST"]),
        ("OPTIONS", "/api/v1/denylist", &["POST"]),
    ] {
        let response = call(&service, verb, path, None).await;
        assert_eq!(response.problem(), (405, "METHOD_NOT_ALLOWED"), "{verb} {path}");
        let methods = response.response.header("allow").split(',').map(str::trim).collect::<Vec<_>>();
        assert!(allowed.iter().all(|method| methods.contains(method)), "{response:?}");
        assert!(!methods.contains(&verb), "{response:?}");
    }
}

#[tokio::test]
async fn a_body_is_json_and_says_so() {
    let service = on_sqlite().await;
    let send_body = async |kind: Option<&str>, body: &str| {
        let headers: Vec<_> = kind.map(|kind| ("content-type", kind)).into_iter().collect();
        let text = request_text("POST", "/api/v1/sessions", &headers, body);
        RestResponse::new(send(http(&service), &text).await)
    };
    let login = r#"{"user_id": "ann"}"#;
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/grpc")] {
        assert_eq!(send_body(kind, login).await.problem(), (415, "MEDIA_TYPE_NOT_SUPPORTED"), "{kind:?}");
    }
    for kind in ["application/json", "Application/JSON; charset=utf-8"] {
        assert_eq!(send_body(Some(kind), login).await.status, 201, "{kind}");
    }
    for body in ["{", "[]", "\u{0}", "{\"user_id\": \"ann\"} x"] {
        assert_eq!(send_body(Some("application/json"), body).await.problem(), (400, "MALFORMED_REQUEST"), "{body}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(send_body(Some("application/json"), &deep).await.problem().0, 400);
    let large = format!("{{\"user_id\": \"{}\"}}", "a".repeat(300_000));
    assert_eq!(send_body(Some("application/json"), &large).await.problem(), (413, "MESSAGE_TOO_LARGE"));
    let large = format!("{{\"user_id\": \"{}\"}}", "a".repeat(100_000));
    assert_eq!(send_body(Some("application/json"), &large).await.problem(), (413, "MESSAGE_TOO_LARGE"), "its message");
    let empty = send_body(None, "").await;
    assert_eq!((empty.problem(), empty.fields()), ((400, "INVALID_FIELD"), vec!["user_id"]));
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let service = TestService::start(None, &[LISTEN, ("SERVER__MESSAGE_TIMEOUT", "200ms")]).await;
    let mut stream = TcpStream::connect(http(&service)).await.expect("a connection");
    let head =
        "POST /api/v1/sessions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.expect("a part");
    assert_eq!(RestResponse::new(read_response(&mut stream).await).problem(), (408, "REQUEST_NOT_RECEIVED"));
}

#[tokio::test]
async fn the_ids_of_request_and_trace_are_returned() {
    let service = on_sqlite().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let headers = [("x-request-id", "r-1,%"), ("traceparent", parent.as_str())];
    for path in ["/api/v1/sessions?user_id=ann", "/api/v1/sessions"] {
        let response = call_with(&service, "GET", path, &headers, None).await;
        assert_eq!(response.response.header("x-request-id"), "r-1,%");
        assert!(response.response.header("traceparent").contains(trace), "{response:?}");
        if response.status != 200 {
            assert_eq!(response.json["instance"], "urn:session-authority:request:r-1%2C%25");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_without_a_key() {
    let service = on_sqlite().await;
    let login = || Some(json!({"user_id": "ann"}));
    let path = "/api/v1/sessions";
    for headers in [&[("sec-fetch-site", "cross-site")][..], &[("origin", "https://evil.example")]] {
        let response = call_with(&service, "POST", path, headers, login()).await;
        assert_eq!(response.problem(), (403, "CROSS_SITE_REQUEST"), "{headers:?}");
        let keyed = [headers, &[("authorization", "Bearer k")]].concat();
        let keyed = call_with(&service, "POST", path, &keyed, login()).await;
        assert_eq!(keyed.problem(), (401, "CALLER_UNAUTHENTICATED"), "no browser adds a key");
    }
    for headers in [&[][..], &[("sec-fetch-site", "same-origin")], &[("origin", "http://app.example")]] {
        assert_eq!(call_with(&service, "POST", path, headers, login()).await.status, 201, "{headers:?}");
    }
    let read =
        call_with(&service, "GET", "/api/v1/sessions?user_id=ann", &[("sec-fetch-site", "cross-site")], None).await;
    assert_eq!(read.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_of_the_store_and_of_limits_advise_when_to_retry() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let rate = [("SERVER__CALLER_RATE__READS", "1"), ("SERVER__CALLER_RATE__BURST", "1s")];
    let settings = [&[("STORE__URL", url.as_str()), LISTEN][..], &rate].concat();
    let service = TestService::start(Some(redis), &settings).await;
    service.create(login_of("ann")).await.expect("a session");
    service.redis.as_ref().expect("redis").kill();
    let response = call(&service, "GET", "/api/v1/sessions?user_id=ann", None).await;
    assert_eq!((response.problem(), response.response.header("retry-after")), ((503, "STORE_UNAVAILABLE"), "1"));
}
