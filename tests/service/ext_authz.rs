//! `envoy.service.auth.v3.Authorization/Check`, called as Envoy does.

use std::collections::BTreeMap;

use session_authority::{
    api::{
        RevokeRequest,
        ext_authz::{
            Address, AttributeContext, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderEntry, HeaderValueOption,
            HttpRequest, OkHttpResponse, Peer, Request as ClientRequest, SocketAddress,
            authorization_client::AuthorizationClient, check_response::HttpResponse,
        },
        revoke_request::Target,
    },
    domain::CallerRole,
};
use tonic::{Code, Status, transport::Channel};

use super::{
    callers::{KeyRing, directory, guarded},
    fixture::{TestService, error_parts, id_of, login_of, signed},
    management::get,
};
use crate::support::{
    proxy::{ProxyDirection, TcpProxy},
    redis::RedisServer,
};

super::on_every_engine![
    a_request_with_an_active_session_passes_with_its_identity,
    a_request_without_one_is_denied_with_its_reason,
    a_route_states_its_demands,
    where_a_session_is_optional_nobody_passes_as_nobody,
    a_revoked_session_is_denied_at_once,
];

/// Every verdict needs the store.
const STRONG: (&str, &str) = ("GATEWAY__PROFILES__DEFAULT__CONSISTENCY", "strong");

/// A client's request, and the demands of its route.
#[derive(Clone, Default)]
struct Asked<'a> {
    headers: &'a [(&'a str, &'a str)],
    demands: &'a [(&'a str, &'a str)],
}

fn check_request(asked: &Asked<'_>) -> CheckRequest {
    let entry = |(key, value): &(&str, &str)| HeaderEntry { key: (*key).to_owned(), value: (*value).to_owned() };
    let http = HttpRequest {
        method: "GET".to_owned(),
        path: "/orders?page=2".to_owned(),
        headers: asked.headers.iter().map(entry).collect(),
        header_map: None,
    };
    let peer = SocketAddress { address: "192.0.2.7".to_owned() };
    CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(Peer { address: Some(Address { socket_address: Some(peer) }) }),
            request: Some(ClientRequest { http: Some(http) }),
            context_extensions: asked.demands.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }),
    }
}

impl TestService {
    fn authorization(&self) -> AuthorizationClient<Channel> {
        AuthorizationClient::new(self.channel.clone())
    }

    async fn ask(&self, asked: Asked<'_>) -> Result<CheckResponse, Status> {
        self.authorization().check(check_request(&asked)).await.map(tonic::Response::into_inner)
    }

    async fn ask_with_cookie(&self, token: &str, demands: &[(&str, &str)]) -> CheckResponse {
        let cookie = format!("theme=dark; __Host-session={token}");
        self.ask(Asked { headers: &[("cookie", &cookie)], demands }).await.expect("a decision")
    }
}

/// Returns the changes of a request that passes.
#[track_caller]
fn passed(response: CheckResponse) -> OkHttpResponse {
    assert_eq!(response.status.expect("a status").code, 0);
    match response.http_response {
        Some(HttpResponse::OkResponse(changes)) => changes,
        other => panic!("{other:?}"),
    }
}

/// Returns the response to the client of a request that is denied, and its status.
#[track_caller]
fn denied(response: CheckResponse) -> (i32, DeniedHttpResponse) {
    assert_ne!(response.status.expect("a status").code, 0);
    match response.http_response {
        Some(HttpResponse::DeniedResponse(denied)) => (denied.status.as_ref().expect("a status").code, denied),
        other => panic!("{other:?}"),
    }
}

fn headers(options: &[HeaderValueOption]) -> BTreeMap<&str, &str> {
    let headers = options.iter().map(|option| option.header.as_ref().expect("a header"));
    headers.map(|header| (header.key.as_str(), header.value.as_str())).collect()
}

/// Returns the status and the reason of a denial.
#[track_caller]
fn denial(response: CheckResponse) -> (i32, String) {
    let (status, denied) = denied(response);
    (status, headers(&denied.headers)["x-session-reason"].to_owned())
}

async fn a_request_with_an_active_session_passes_with_its_identity(service: TestService) {
    let created = service.login("ann").await;
    let bearer = format!("Bearer {}", created.token);
    let by_cookie = service.ask_with_cookie(&created.token, &[]).await;
    let by_bearer = service.ask(Asked { headers: &[("authorization", &bearer)], demands: &[] }).await;
    for response in [by_cookie, by_bearer.expect("a decision")] {
        let metadata = response.dynamic_metadata.clone().expect("metadata").fields;
        assert!(metadata.contains_key("user_id") && metadata.contains_key("source"), "{metadata:?}");
        let changes = passed(response);
        let headers = headers(&changes.headers);
        assert_eq!(headers["x-session-user"], "ann");
        assert_eq!(headers["x-session-id"], id_of(&created));
        assert_eq!(headers["x-session-tenant"], "default");
        assert_eq!(headers["x-session-roles"], "user");
        assert!(headers.contains_key("x-session-authenticated-at"), "{headers:?}");
        assert!(changes.headers_to_remove.iter().all(|name| !headers.contains_key(name.as_str())));
        assert_eq!(headers.len() + changes.headers_to_remove.len(), 6, "the set is complete");
    }
}

async fn a_request_without_one_is_denied_with_its_reason(service: TestService) {
    let created = service.login("ann").await;
    let twice = format!("__Host-session={}; __Host-session=sa_other", created.token);
    for (headers, reason) in [
        (&[][..], "TOKEN_MISSING"),
        (&[("cookie", "session=x")], "TOKEN_MISSING"),
        (&[("cookie", "__Host-session=nonsense")], "MALFORMED"),
        (&[("authorization", "Bearer nonsense")], "MALFORMED"),
        (&[("cookie", twice.as_str())], "MALFORMED"),
    ] {
        let response = service.ask(Asked { headers, demands: &[] }).await.expect("a decision");
        assert_eq!(denial(response), (401, reason.to_owned()), "{headers:?}");
    }
}

async fn a_route_states_its_demands(service: TestService) {
    let created = service.login("ann").await;
    for (demands, expected) in [
        (&[("roles", "user,admin")][..], None),
        (&[("tenant", "default")], None),
        (&[("consistency", "strong"), ("activity", "peek")], None),
        (&[("roles", "admin")], Some((403, "ROLE_MISSING"))),
        (&[("min_assurance_level", "2")], Some((401, "STEP_UP_REQUIRED"))),
        (&[("tenant", "acme")], Some((401, "UNKNOWN"))),
    ] {
        let response = service.ask_with_cookie(&created.token, demands).await;
        match expected {
            None => drop(passed(response)),
            Some((status, reason)) => assert_eq!(denial(response), (status, reason.to_owned()), "{demands:?}"),
        }
    }
    for demands in [&[("role", "admin")][..], &[("profile", "unknown")], &[("session", "none")]] {
        let status = service.ask(Asked { headers: &[], demands }).await.expect_err("a fault of the gateway");
        let field = format!("attributes.context_extensions.{}", demands[0].0);
        assert_eq!(error_parts(&status), (Code::InvalidArgument, "INVALID_FIELD".to_owned(), vec![field]));
    }
}

async fn where_a_session_is_optional_nobody_passes_as_nobody(service: TestService) {
    let created = service.login("ann").await;
    let optional = [("session", "optional")];
    for headers in [&[][..], &[("cookie", "__Host-session=nonsense")], &[("x-session-user", "root")]] {
        let response = service.ask(Asked { headers, demands: &optional }).await.expect("a decision");
        let changes = passed(response);
        assert!(changes.headers.is_empty() && changes.headers_to_remove.len() == 6, "{changes:?}");
    }
    let changes = passed(service.ask_with_cookie(&created.token, &optional).await);
    assert_eq!(headers(&changes.headers)["x-session-user"], "ann");
}

async fn a_revoked_session_is_denied_at_once(service: TestService) {
    let created = service.login("ann").await;
    passed(service.ask_with_cookie(&created.token, &[]).await);
    let target = Some(Target::SessionId(id_of(&created)));
    service.sessions().revoke(RevokeRequest { target, ..RevokeRequest::default() }).await.expect("revoked");
    assert_eq!(denial(service.ask_with_cookie(&created.token, &[]).await), (401, "REVOKED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_store_a_request_is_denied_as_unavailable_even_if_a_session_is_optional() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let service = TestService::start(Some(redis), &[("STORE__URL", &url), STRONG]).await;
    let created = service.login("ann").await;
    service.redis.as_ref().expect("redis").kill();
    for demands in [&[][..], &[("session", "optional")]] {
        let (status, response) = denied(service.ask_with_cookie(&created.token, demands).await);
        assert_eq!((status, headers(&response.headers)["x-session-reason"]), (503, "NO_VERDICT"));
        assert!(headers(&response.headers).contains_key("retry-after"));
    }
    let (_, metrics) = get(service.node.management, "/metrics").await;
    let unavailable = "method=\"envoy.service.auth.v3.Authorization/Check\",code=\"UNAVAILABLE\"} 2";
    assert!(metrics.contains(unavailable), "{metrics}");
    let decided = "gateway_decisions_total{protocol=\"ext_authz\",outcome=\"no_verdict\"} 2";
    assert!(metrics.contains(decided), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_is_denied_before_envoy_gives_up() {
    let redis = RedisServer::start().await;
    let proxy = TcpProxy::start(redis.address()).await;
    let url = redis.url_through(proxy.address());
    let settings = [("STORE__URL", url.as_str()), STRONG, ("STORE__RESPONSE_TIMEOUT", "1m")];
    let service = TestService::start(Some(redis), &settings).await;
    let created = service.login("ann").await;
    proxy.freeze(ProxyDirection::Replies);
    let cookie = format!("__Host-session={}", created.token);
    let asked = Asked { headers: &[("cookie", &cookie)], demands: &[] };
    let mut request = tonic::Request::new(check_request(&asked));
    request.metadata_mut().insert("x-envoy-expected-rq-timeout-ms", "100".parse().expect("a value"));
    let response = service.authorization().check(request).await.expect("a decision").into_inner();
    assert_eq!(denial(response), (503, "NO_VERDICT".to_owned()));
}

#[tokio::test]
async fn headers_that_are_too_large_are_denied_and_large_ones_are_not() {
    let service = TestService::on_sqlite().await;
    let created = service.login("ann").await;
    let cookie = format!("__Host-session={}", created.token);
    for (bytes, expected) in [(100 * 1024, None), (300 * 1024, Some((431, "HEADERS_TOO_LARGE".to_owned())))] {
        let large = "x".repeat(bytes);
        let headers = [("cookie", cookie.as_str()), ("x-large", large.as_str())];
        let response = service.ask(Asked { headers: &headers, demands: &[] }).await.expect("a decision");
        match expected {
            None => drop(passed(response)),
            Some(expected) => assert_eq!(denial(response), expected),
        }
    }
}

#[tokio::test]
async fn a_browser_is_sent_to_the_login_page_of_its_profile_and_its_cookie_is_deleted() {
    let settings = [
        ("GATEWAY__PROFILES__PAGES__LOGIN_URL", "/login?to={return_to}&why={reason}"),
        ("GATEWAY__PROFILES__PAGES__DELETE_REJECTED_COOKIES", "true"),
        ("GATEWAY__COOKIES", "[\"__Host-session\", \"session\"]"),
    ];
    let service = TestService::start(None, &settings).await;
    let demands = [("profile", "pages")];
    let browser = [("cookie", "session=nonsense"), ("sec-fetch-mode", "navigate")];
    let response = service.ask(Asked { headers: &browser, demands: &demands }).await.expect("a decision");
    let (status, response) = denied(response);
    assert_eq!(status, 302);
    assert_eq!(headers(&response.headers)["location"], "/login?to=/orders%3Fpage%3D2&why=MALFORMED");
    let cookies = response.headers.iter().filter_map(|option| option.header.as_ref());
    assert_eq!(cookies.filter(|header| header.key == "set-cookie").count(), 2);
    let script = [("cookie", "session=nonsense"), ("sec-fetch-mode", "cors")];
    let response = service.ask(Asked { headers: &script, demands: &demands }).await.expect("a decision");
    assert_eq!(denial(response), (401, "MALFORMED".to_owned()));
}

#[tokio::test]
async fn the_token_does_not_reach_the_application_where_the_profile_says_so() {
    let service = TestService::start(None, &[("GATEWAY__PROFILES__DEFAULT__FORWARD_TOKEN", "false")]).await;
    let created = service.login("ann").await;
    let changes = passed(service.ask_with_cookie(&created.token, &[]).await);
    let cookie = changes.headers.iter().filter_map(|option| option.header.as_ref()).find(|own| own.key == "cookie");
    assert_eq!(cookie.expect("the other cookies").raw_value, b"theme=dark");
}

/// Envoy drops the metadata of a call that succeeds, whether its request passes or not.
#[tokio::test]
async fn only_a_failed_call_has_the_id_of_its_request() {
    let service = TestService::start(None, &[]).await;
    let created = service.login("ann").await;
    let cookie = format!("__Host-session={}", created.token);
    for headers in [&[("cookie", cookie.as_str())][..], &[]] {
        let asked = check_request(&Asked { headers, demands: &[] });
        let response = service.authorization().check(asked).await.expect("a decision");
        assert!(["x-request-id", "traceparent"].iter().all(|name| !response.metadata().contains_key(*name)));
    }
    let status = service.ask(Asked { headers: &[], demands: &[("role", "admin")] }).await.expect_err("a fault");
    assert!(["x-request-id", "traceparent"].iter().all(|name| status.metadata().contains_key(*name)));
}

#[tokio::test]
async fn a_gateway_needs_a_key_and_sees_its_tenants_only() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let gateway = ring.add("gateway", CallerRole::Validator, &["acme"]);
    let issuer = ring.add("login", CallerRole::Issuer, &[]);
    let service = guarded(directory).await;
    let created = service.sessions().create(signed(&issuer, login_of("ann"))).await.expect("created").into_inner();
    let cookie = format!("__Host-session={}", created.token);
    let asked = Asked { headers: &[("cookie", &cookie)], demands: &[] };
    let status = service.ask(asked.clone()).await.expect_err("no key");
    assert_eq!(error_parts(&status).0, Code::Unauthenticated);
    let status = service.authorization().check(signed(&issuer, check_request(&asked))).await.expect_err("its role");
    assert_eq!(error_parts(&status).0, Code::PermissionDenied);
    let response = service.authorization().check(signed(&gateway, check_request(&asked))).await.expect("a decision");
    assert_eq!(denial(response.into_inner()), (401, "UNKNOWN".to_owned()), "a session of another tenant");
}
