//! Forward-auth over HTTP, called as a gateway does.

use std::{net::SocketAddr, time::Duration};

use session_authority::domain::CallerRole;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    callers::{KeyRing, directory, guarded_with},
    fixture::{TestService, id_of, login_of, signed},
    management,
    transport::wait_until_closed,
};
use crate::{
    gateways::client::{ClientResponse, http1_request, read_response, send},
    support::redis::RedisServer,
};

const LISTEN: (&str, &str) = ("HTTP__LISTEN", "127.0.0.1:0");
const OPTIONAL: (&str, &str) = ("GATEWAY__PROFILES__PAGES__SESSION", "optional");
const STRONG: (&str, &str) = ("GATEWAY__PROFILES__DEFAULT__CONSISTENCY", "strong");
const STRONG_PAGES: (&str, &str) = ("GATEWAY__PROFILES__PAGES__CONSISTENCY", "strong");
const LOGIN_PAGE: (&str, &str) = ("GATEWAY__PROFILES__SHOP__LOGIN_URL", "/login?to={return_to}");
const NAMES: [&str; 6] = [
    "x-session-user",
    "x-session-id",
    "x-session-tenant",
    "x-session-roles",
    "x-session-assurance-level",
    "x-session-authenticated-at",
];

async fn on_sqlite() -> TestService {
    TestService::start(None, &[LISTEN, OPTIONAL, LOGIN_PAGE]).await
}

fn http(service: &TestService) -> SocketAddr {
    service.node.http.expect("an HTTP listener")
}

async fn ask(service: &TestService, path: &str, headers: &[(&str, &str)]) -> ClientResponse {
    send(http(service), &http1_request("GET", path, headers)).await
}

#[tokio::test]
async fn a_request_with_an_active_session_passes_with_its_identity() {
    let service = on_sqlite().await;
    let created = service.login("ann").await;
    let (cookie, bearer) = (format!("a=1; __Host-session={}", created.token), format!("Bearer {}", created.token));
    for path in
        ["/v1/forward-auth", "/v1/forward-auth/default", "/v1/forward-auth?profile=unknown", "/v1/forward-auth/pages"]
    {
        for header in [("cookie", cookie.as_str()), ("authorization", bearer.as_str())] {
            let response = ask(&service, path, &[header]).await;
            assert_eq!((response.status, response.body.as_str()), (200, ""), "{path} {response:?}");
            assert_eq!(response.header("x-session-user"), "ann");
            assert_eq!(response.header("x-session-id"), id_of(&created));
            assert_eq!(response.header("x-session-roles"), "user");
            assert!(NAMES.iter().all(|name| response.headers(name).len() == 1), "{response:?}");
            assert!(response.headers("x-request-id").is_empty(), "gateways drop it");
        }
    }
}

#[tokio::test]
async fn a_request_without_one_is_denied_over_any_method_and_version() {
    let service = on_sqlite().await;
    for (headers, reason) in [
        (&[][..], "TOKEN_MISSING"),
        (&[("cookie", "__Host-session=x")], "MALFORMED"),
        (&[("cookie", "__Host-session=x; __Host-session=y")], "MALFORMED"),
        (&[("connection", "Upgrade"), ("upgrade", "websocket")], "TOKEN_MISSING"),
        (&[("content-length", "0")], "TOKEN_MISSING"),
    ] {
        let response = ask(&service, "/v1/forward-auth", headers).await;
        assert_eq!((response.status, response.header("x-session-reason")), (401, reason), "{headers:?}");
        assert_eq!(response.header("x-session-status"), "401");
        assert_eq!(response.header("content-type"), "application/problem+json");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"] {
        let request = http1_request(method, "/v1/forward-auth", &[("content-length", "0")]);
        assert_eq!(send(http(&service), &request).await.status, 401, "{method}");
    }
    let response = send(http(&service), "GET /v1/forward-auth HTTP/1.0\r\n\r\n").await;
    assert_eq!(response.status, 401, "as nginx asks by default");
    assert_eq!(ask(&service, "/v1/other", &[]).await.status, 404);
}

#[tokio::test]
async fn where_a_session_is_optional_all_headers_are_empty() {
    let service = on_sqlite().await;
    for headers in [&[][..], &[("cookie", "__Host-session=x"), ("x-session-user", "root")]] {
        let response = ask(&service, "/v1/forward-auth/pages", headers).await;
        assert_eq!(response.status, 200);
        assert!(NAMES.iter().all(|name| response.headers(name) == [""]), "{response:?}");
    }
}

#[tokio::test]
async fn a_profile_that_is_unknown_is_a_fault_of_the_gateway() {
    let service = on_sqlite().await;
    for path in ["/v1/forward-auth/unknown", "/v1/forward-auth/Pages", "/v1/forward-auth/..%2fpages"] {
        let response = ask(&service, path, &[]).await;
        assert_eq!((response.status, response.header("x-session-reason")), (500, "PROFILE_UNKNOWN"), "{path}");
    }
}

#[tokio::test]
async fn a_browser_returns_to_the_page_that_the_gateway_states() {
    let service = on_sqlite().await;
    let browser = [("sec-fetch-mode", "navigate"), ("x-forwarded-uri", "/cart?item=1"), ("x-forwarded-method", "GET")];
    let response = ask(&service, "/v1/forward-auth/shop", &browser).await;
    assert_eq!((response.status, response.header("location")), (302, "/login?to=/cart%3Fitem%3D1"));
    let form = [("sec-fetch-mode", "navigate"), ("x-forwarded-method", "POST")];
    assert_eq!(ask(&service, "/v1/forward-auth/shop", &form).await.status, 401);
}

#[tokio::test]
async fn a_gateway_needs_a_key_of_its_own_header() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let gateway = ring.add("gateway", CallerRole::Validator, &[]);
    let issuer = ring.add("login", CallerRole::Issuer, &[]);
    let service = guarded_with(directory, &[LISTEN]).await;
    let created = service.sessions().create(signed(&issuer, login_of("ann"))).await.expect("created").into_inner();
    let (cookie, bearer) = (format!("__Host-session={}", created.token), format!("Bearer {gateway}"));
    let reason = async |headers: &[(&str, &str)]| {
        let response = ask(&service, "/v1/forward-auth", headers).await;
        (response.status, response.header("x-session-reason").to_owned())
    };
    let cookie = ("cookie", cookie.as_str());
    let refused = (500, "CALLER_UNAUTHENTICATED".to_owned());
    assert_eq!(reason(&[cookie]).await, refused);
    assert_eq!(reason(&[cookie, ("authorization", &bearer)]).await, refused, "that header is the client's");
    assert_eq!(reason(&[cookie, ("x-session-authority-key", "sak_x")]).await, refused);
    let not_allowed = (500, "CALLER_NOT_ALLOWED".to_owned());
    assert_eq!(reason(&[cookie, ("x-session-authority-key", &issuer)]).await, not_allowed);
    assert_eq!(reason(&[cookie, ("x-session-authority-key", &gateway)]).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_store_there_is_no_verdict() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings = [("STORE__URL", url.as_str()), LISTEN, OPTIONAL, STRONG, STRONG_PAGES];
    let service = TestService::start(Some(redis), &settings).await;
    let created = service.login("ann").await;
    let cookie = format!("__Host-session={}", created.token);
    service.redis.as_ref().expect("redis").kill();
    for path in ["/v1/forward-auth", "/v1/forward-auth/pages"] {
        let response = ask(&service, path, &[("cookie", &cookie)]).await;
        assert_eq!((response.status, response.header("x-session-reason")), (503, "NO_VERDICT"), "{path}");
        assert_eq!(response.header("retry-after"), "1");
    }
    let (_, metrics) = management::get(service.node.management, "/metrics").await;
    assert!(metrics.contains("method=\"GET /v1/forward-auth\",code=\"UNAVAILABLE\"} 2"), "{metrics}");
    let decided = "gateway_decisions_total{protocol=\"forward_auth\",outcome=\"no_verdict\"} 2";
    assert!(metrics.contains(decided), "{metrics}");
}

#[tokio::test]
async fn a_gateway_beyond_its_rate_gets_no_verdict_and_is_counted() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let [first, second] = ["first", "second"].map(|name| ring.add(name, CallerRole::Validator, &[]));
    let rate = [LISTEN, ("SERVER__CALLER_RATE__VALIDATIONS", "2"), ("SERVER__CALLER_RATE__BURST", "1m")];
    let service = guarded_with(directory, &rate).await;
    let mut statuses = Vec::new();
    loop {
        let response = ask(&service, "/v1/forward-auth", &[("x-session-authority-key", &first)]).await;
        if response.status == 503 {
            assert_eq!(response.header("x-session-reason"), "NO_VERDICT");
            assert!(!response.header("retry-after").is_empty(), "{response:?}");
            break;
        }
        statuses.push(response.status);
        assert!(statuses.len() < 1_000, "the rate is not limited");
    }
    assert!(statuses.len() >= 120 && statuses.iter().all(|status| *status == 401), "{statuses:?}");
    let other = ask(&service, "/v1/forward-auth", &[("x-session-authority-key", &second)]).await;
    assert_eq!(other.status, 401, "the rate is that of one caller");
}

#[tokio::test]
async fn many_requests_share_a_connection_and_have_ids() {
    let service = on_sqlite().await;
    let mut stream = TcpStream::connect(http(&service)).await.expect("a connection");
    for number in 0..3 {
        let id = format!("request-{number}");
        let request = http1_request("GET", "/v1/forward-auth", &[("connection", "keep-alive"), ("x-request-id", &id)]);
        stream.write_all(request.as_bytes()).await.expect("sent");
        let response = read_response(&mut stream).await;
        assert_eq!((response.status, response.header("x-request-id")), (401, id.as_str()));
    }
    let generated = ask(&service, "/v1/forward-auth", &[("x-request-id", "not an id")]).await;
    assert_eq!(generated.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn a_connection_without_a_key_is_closed_after_its_time() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    ring.add("gateway", CallerRole::Validator, &[]);
    let service = guarded_with(directory, &[LISTEN, ("SERVER__UNAUTHENTICATED_TIMEOUT", "200ms")]).await;
    let mut stream = TcpStream::connect(http(&service)).await.expect("a connection");
    stream.write_all(b"GET /v1/forward-auth HTTP/1.1\r\nhost:").await.expect("a beginning");
    wait_until_closed(stream).await;
}

#[tokio::test]
async fn half_a_request_does_not_hold_up_the_shutdown() {
    let service = on_sqlite().await;
    let mut half = TcpStream::connect(http(&service)).await.expect("a connection");
    half.write_all(b"GET /v1/forward-auth HTTP/1.1\r\nhost:").await.expect("a beginning");
    let mut kept = TcpStream::connect(http(&service)).await.expect("a connection");
    let request = http1_request("GET", "/v1/forward-auth", &[("connection", "keep-alive")]);
    kept.write_all(request.as_bytes()).await.expect("sent");
    assert_eq!(read_response(&mut kept).await.status, 401);
    let stopped = tokio::time::timeout(Duration::from_secs(30), service.node.stop()).await;
    assert!(stopped.expect("it ends"), "before its deadline");
    wait_until_closed(half).await;
    let mut rest = Vec::new();
    kept.read_to_end(&mut rest).await.expect("the end");
}
