//! Signed-in users and their own sessions.

use std::time::Duration;

use prost_types::Struct;
use serde_json::{Value, json};
use session_authority::{
    api::{CreateRequest, CreateResponse},
    domain::CallerRole,
};

use super::{LISTEN, RestResponse, call_with};
use crate::{
    service::{
        callers::{KeyRing, directory, guarded_with},
        fixture::{CHROME, TestService, id_of, login_of, signed},
        management,
    },
    support::redis::RedisServer,
};

const ENABLED: (&str, &str) = ("HTTP__USER_SESSIONS__ENABLED", "true");
const PATH: &str = "/api/v1/users/sessions";
const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

mod sqlite {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_user_lists_and_ends_own_sessions_and_no_others() {
        let service = super::TestService::start(None, &[super::LISTEN, super::ENABLED]).await;
        super::a_user_lists_and_ends_own_sessions_and_no_others(service).await;
    }
}

mod redis {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_user_lists_and_ends_own_sessions_and_no_others() {
        let redis = super::RedisServer::start().await;
        let url = redis.url();
        let settings = [super::LISTEN, super::ENABLED, ("STORE__URL", url.as_str())];
        let service = super::TestService::start(Some(redis), &settings).await;
        super::a_user_lists_and_ends_own_sessions_and_no_others(service).await;
    }
}

/// Sends a request of a page with the user's cookie.
async fn as_user(service: &TestService, created: &CreateResponse, verb: &str, path: &str) -> RestResponse {
    let cookie = format!("__Host-session={}", created.token);
    call_with(service, verb, path, &[("cookie", &cookie), SAME_ORIGIN], None).await
}

fn listed(response: &RestResponse) -> Vec<&str> {
    assert_eq!(response.status, 200, "{response:?}");
    let sessions = response.json["sessions"].as_array().expect("sessions");
    sessions.iter().filter_map(|session| session["session_id"].as_str()).collect()
}

async fn a_user_lists_and_ends_own_sessions_and_no_others(service: TestService) {
    let data = Struct { fields: [("risk".to_owned(), 7.0.into())].into() };
    let with_data = CreateRequest { data: Some(data), ..login_of("ann") };
    let first = service.create(with_data).await.expect("a session");
    service.clock.advance(Duration::from_secs(1));
    let [second, third] = [service.login("ann").await, service.login("ann").await];
    let bob = service.login("bob").await;
    let elsewhere = CreateRequest { tenant_id: "acme".to_owned(), ..login_of("ann") };
    let elsewhere = service.create(elsewhere).await.expect("a session");

    let list = as_user(&service, &first, "GET", PATH).await;
    let mut ids = listed(&list);
    ids.sort_unstable();
    let mut expected = [id_of(&first), id_of(&second), id_of(&third)];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    let own = |id: &str, session: &&Value| session["session_id"] == id;
    let sessions = list.json["sessions"].as_array().expect("sessions");
    let current = sessions.iter().find(|session| own(&id_of(&first), session)).expect("the current one");
    assert_eq!((&current["current"], &current["device"]["name"]), (&json!(true), &json!("Chrome on Windows")));
    assert_eq!(current["device"]["user_agent"], CHROME);
    for hidden in ["data", "roles", "email", "tenant_id", "policy", "revision"] {
        assert!(current.get(hidden).is_none(), "{hidden} is for the application");
    }

    for other in [&bob, &elsewhere] {
        let refused = as_user(&service, &first, "DELETE", &format!("{PATH}/{}", id_of(other))).await;
        assert_eq!(refused.problem(), (404, "SESSION_NOT_FOUND"));
        service.validate(&other.token).await.expect("an active session");
    }
    let unknown = as_user(&service, &first, "DELETE", &format!("{PATH}/{}", "a".repeat(32))).await;
    assert_eq!(unknown.problem(), (404, "SESSION_NOT_FOUND"), "as for the session of another user");
    assert_eq!(as_user(&service, &first, "DELETE", &format!("{PATH}/x")).await.problem(), (400, "INVALID_FIELD"));

    let ended = as_user(&service, &first, "DELETE", &format!("{PATH}/{}", id_of(&second))).await;
    assert_eq!((ended.status, &ended.json), (200, &json!({"session_ids": [id_of(&second)]})));
    let rejection = service.validate(&second.token).await.expect_err("a rejection");
    assert_eq!(rejection.actor, "ann");

    let others = as_user(&service, &first, "POST", &format!("{PATH}/revoke-all")).await;
    assert_eq!(others.json, json!({"session_ids": [id_of(&third)]}));
    assert_eq!(listed(&as_user(&service, &first, "GET", PATH).await), [id_of(&first)], "the current one stays");
    for other in [&bob, &elsewhere] {
        service.validate(&other.token).await.expect("an active session");
    }

    let signed_out = as_user(&service, &first, "DELETE", &format!("{PATH}/{}", id_of(&first))).await;
    assert_eq!(signed_out.status, 200);
    let after = as_user(&service, &first, "GET", PATH).await;
    assert_eq!((after.status, after.response.header("x-session-reason")), (401, "SIGNED_OUT"));
}

#[tokio::test]
async fn without_an_accepted_token_there_is_nothing() {
    let service = TestService::start(None, &[LISTEN, ENABLED]).await;
    let created = service.login("ann").await;
    let bearer = format!("Bearer {}", created.token);
    let bearer = call_with(&service, "GET", PATH, &[("authorization", &bearer)], None).await;
    assert_eq!(listed(&bearer), [id_of(&created)]);
    let two = format!("__Host-session={}; __Host-session=x", created.token);
    for (headers, reason) in [
        (&[][..], "TOKEN_MISSING"),
        (&[("cookie", "__Host-session=x")], "MALFORMED"),
        (&[("cookie", two.as_str())], "MALFORMED"),
    ] {
        for (verb, path) in [("GET", PATH.to_owned()), ("POST", format!("{PATH}/revoke-all"))] {
            let headers = [headers, &[SAME_ORIGIN]].concat();
            let response = call_with(&service, verb, &path, &headers, None).await;
            assert_eq!((response.status, response.response.header("x-session-reason")), (401, reason), "{headers:?}");
            assert_eq!(response.response.header("content-type"), "application/problem+json");
            assert!(response.response.header("www-authenticate").starts_with("Bearer"), "{response:?}");
        }
    }
    service.validate(&created.token).await.expect("an active session");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_the_cookie() {
    let trusted = ("HTTP__TRUSTED_ORIGINS", "[\"https://www.example.com\"]");
    let service = TestService::start(None, &[LISTEN, ENABLED, trusted]).await;
    let created = service.login("ann").await;
    let (cookie, bearer) = (format!("__Host-session={}", created.token), format!("Bearer {}", created.token));
    let path = format!("{PATH}/revoke-all");
    for (headers, passes) in [
        (&[("sec-fetch-site", "cross-site")][..], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("origin", "https://evil.example")], false),
        (&[], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", "https://www.example.com")], true),
        (&[("sec-fetch-site", "none")], true),
        (&[("origin", "http://app.example")], true),
    ] {
        let with_cookie = [headers, &[("cookie", cookie.as_str())]].concat();
        let response = call_with(&service, "POST", &path, &with_cookie, None).await;
        if passes {
            assert_eq!(response.status, 200, "{headers:?} {response:?}");
        } else {
            assert_eq!(response.problem(), (403, "CROSS_SITE_REQUEST"), "{headers:?}");
        }
        let with_header = [headers, &[("authorization", bearer.as_str())]].concat();
        assert_eq!(call_with(&service, "POST", &path, &with_header, None).await.status, 200, "no browser adds it");
    }
    let reads = [("sec-fetch-site", "cross-site"), ("cookie", cookie.as_str())];
    assert_eq!(call_with(&service, "GET", PATH, &reads, None).await.status, 200);
}

#[tokio::test]
async fn other_sessions_end_only_after_a_fresh_and_strong_sign_in() {
    let demands = [("HTTP__USER_SESSIONS__MAX_AUTH_AGE", "15m"), ("HTTP__USER_SESSIONS__MIN_ASSURANCE_LEVEL", "2")];
    let service = TestService::start(None, &[&[LISTEN, ENABLED][..], &demands].concat()).await;
    let strong = CreateRequest { assurance_level: 2, ..login_of("ann") };
    let [current, other] = [service.create(strong).await.expect("a session"), service.login("ann").await];
    let path = format!("{PATH}/{}", id_of(&other));
    let all = format!("{PATH}/revoke-all");
    for (verb, path) in [("DELETE", format!("{PATH}/{}", id_of(&current))), ("POST", all.clone())] {
        let weak = as_user(&service, &other, verb, &path).await;
        assert_eq!((weak.status, weak.response.header("x-session-reason")), (401, "STEP_UP_REQUIRED"), "{path}");
        assert!(weak.response.header("www-authenticate").contains("acr_values=\"2\""), "{weak:?}");
    }
    service.clock.advance(Duration::from_mins(16));
    for (verb, path) in [("DELETE", &path), ("POST", &all)] {
        let old = as_user(&service, &current, verb, path).await;
        assert_eq!((old.status, old.response.header("x-session-reason")), (401, "STEP_UP_REQUIRED"));
        assert!(old.response.header("www-authenticate").contains("max_age=\"900\""), "{old:?}");
    }
    assert_eq!(listed(&as_user(&service, &other, "GET", PATH).await).len(), 2, "a list needs none");
    let own = format!("{PATH}/{}", id_of(&current));
    assert_eq!(as_user(&service, &current, "DELETE", &own).await.status, 200, "nor does a sign-out");
}

#[tokio::test]
async fn one_user_cannot_make_requests_without_end() {
    let rate = [("HTTP__USER_SESSIONS__RATE", "1"), ("HTTP__USER_SESSIONS__BURST", "1m")];
    let service = TestService::start(None, &[&[LISTEN, ENABLED][..], &rate].concat()).await;
    let [ann, bob] = [service.login("ann").await, service.login("bob").await];
    for _ in 0..60 {
        assert_eq!(as_user(&service, &ann, "GET", PATH).await.status, 200);
    }
    let mut refused = as_user(&service, &ann, "GET", PATH).await;
    // The rate allows one more each second, which a busy machine may need for the requests above.
    for _ in 0..60 {
        if refused.status == 429 {
            break;
        }
        refused = as_user(&service, &ann, "GET", PATH).await;
    }
    assert_eq!(refused.problem(), (429, "CALLER_RATE_EXCEEDED"));
    assert_eq!(refused.response.header("retry-after"), "1");
    assert_eq!(as_user(&service, &bob, "GET", PATH).await.status, 200, "of another user");
}

#[tokio::test]
async fn they_are_served_only_if_enabled_and_need_no_key() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let issuer = ring.add("login", CallerRole::Issuer, &[]);
    let service = guarded_with(directory, &[LISTEN, ENABLED]).await;
    let created = service.sessions().create(signed(&issuer, login_of("ann"))).await.expect("created").into_inner();
    assert_eq!(listed(&as_user(&service, &created, "GET", PATH).await), [id_of(&created)]);

    let service = TestService::start(None, &[LISTEN, ("HTTP__USER_SESSIONS__ENABLED", "false")]).await;
    let created = service.login("ann").await;
    assert_eq!(as_user(&service, &created, "GET", PATH).await.problem(), (404, "PATH_NOT_SERVED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_store_nothing_is_decided() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let service = TestService::start(Some(redis), &[LISTEN, ENABLED, ("STORE__URL", &url)]).await;
    let created = service.login("ann").await;
    service.redis.as_ref().expect("redis").kill();
    let response = as_user(&service, &created, "POST", &format!("{PATH}/revoke-all")).await;
    assert_eq!((response.problem(), response.response.header("retry-after")), ((503, "STORE_UNAVAILABLE"), "1"));
    let (_, metrics) = management::get(service.node.management, "/metrics").await;
    let line = "method=\"POST /api/v1/users/sessions/revoke-all\",code=\"UNAVAILABLE\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}
