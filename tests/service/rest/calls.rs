//! Every route, once with success.

use std::time::Duration;

use serde_json::{Value, json};

use super::{LISTEN, RestResponse, call};
use crate::{
    service::{
        admin::wait_until_complete,
        fixture::{CHROME, TestService, login_of},
    },
    support::redis::RedisServer,
};

mod sqlite {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn services_use_sessions() {
        super::services_use_sessions(super::on_sqlite().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn administrators_search_and_revoke() {
        super::administrators_search_and_revoke(super::on_sqlite().await).await;
    }
}

mod redis {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn services_use_sessions() {
        super::services_use_sessions(super::on_redis().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn administrators_search_and_revoke() {
        super::administrators_search_and_revoke(super::on_redis().await).await;
    }
}

async fn on_sqlite() -> TestService {
    TestService::start(None, &[LISTEN]).await
}

async fn on_redis() -> TestService {
    let redis = RedisServer::start().await;
    let url = redis.url();
    TestService::start(Some(redis), &[LISTEN, ("STORE__URL", &url)]).await
}

/// Requires a status, and returns the document.
#[track_caller]
fn document(response: RestResponse, status: u16) -> Value {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.response.header("content-type"), "application/json");
    assert_eq!(response.response.header("cache-control"), "no-store");
    response.json
}

async fn sign_in(service: &TestService, user: &str) -> (String, String) {
    let client = json!({"ip": "198.51.100.7", "user_agent": CHROME});
    let login = json!({"user_id": user, "roles": ["user"], "data": {"seats": 3}, "client": client});
    let created = document(call(service, "POST", "/api/v1/sessions", Some(login)).await, 201);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&created["token"]), text(&created["session"]["session_id"]))
}

async fn services_use_sessions(service: TestService) {
    let (token, id) = sign_in(&service, "ann").await;
    let path = format!("/api/v1/sessions/{id}");

    let verdict = call(&service, "POST", "/api/v1/sessions/validate", Some(json!({"token": token}))).await;
    let verdict = document(verdict, 200);
    assert_eq!((&verdict["session"]["user_id"], &verdict["session"]["data"]), (&json!("ann"), &json!({"seats": 3})));
    let verdict = call(&service, "POST", "/api/v1/sessions/validate", Some(json!({"token": "sa_x"}))).await;
    assert_eq!(document(verdict, 200)["rejection"]["reason"], "REJECT_REASON_MALFORMED", "a verdict, not an error");

    let listed = call(&service, "GET", &format!("/api/v1/sessions?user_id=ann&current_session_id={id}"), None).await;
    assert_eq!(document(listed, 200)["sessions"][0]["current"], true);
    let session = document(call(&service, "GET", &format!("{path}?userId=ann"), None).await, 200);
    assert_eq!(session["session"]["device"]["name"], "Chrome on Windows");

    let update = json!({"session": {"email": "ann@example.com"}, "updateMask": "email", "ifRevision": "1"});
    let updated = document(call(&service, "PATCH", &path, Some(update)).await, 200);
    assert_eq!(
        (&updated["session"]["email"], &updated["session"]["revision"]),
        (&json!("ann@example.com"), &json!("2"))
    );
    let uses = json!({"touches": [{"session_id": id, "used_at": "2027-01-15T08:00:00Z"}]});
    let touched = document(call(&service, "POST", "/api/v1/sessions/touch", Some(uses)).await, 200);
    assert_eq!(touched["sessions"][0]["active"], true);
    let rotated = document(call(&service, "POST", "/api/v1/sessions/rotate", Some(json!({"token": token}))).await, 200);
    assert!(rotated["token"].as_str().is_some_and(|new| new.starts_with("sa_") && new != token));

    let failure = json!({"user_id": "ann", "kind": "AUTH_EVENT_KIND_PASSWORD_FAILED"});
    let advice = document(call(&service, "POST", "/api/v1/auth-events", Some(failure)).await, 200);
    assert_eq!(advice["recent_failures"], 1);

    let deny = json!({"tokens": [{"jti": "j1", "expires_at": "2027-01-15T09:00:00Z"}]});
    assert_eq!(document(call(&service, "POST", "/api/v1/denylist", Some(deny)).await, 200)["denied_count"], 1);
    let check = json!({"jtis": ["j1", "j2"], "consistency": "CONSISTENCY_STRONG"});
    let checked = document(call(&service, "POST", "/api/v1/denylist/check", Some(check)).await, 200);
    assert_eq!((&checked["verdicts"][0]["denied"], &checked["verdicts"][1]["denied"]), (&json!(true), &json!(false)));

    let ended = document(call(&service, "DELETE", &format!("{path}?user_id=ann&sign_out=true"), None).await, 200);
    assert_eq!(ended, json!({"revoked": true, "session_ids": [id]}));
    let again = document(call(&service, "DELETE", &path, None).await, 200);
    assert_eq!(again["revoked"], false, "nothing matched");
    let (token, _) = sign_in(&service, "bob").await;
    let ended = document(call(&service, "POST", "/api/v1/sessions/revoke", Some(json!({"token": token}))).await, 200);
    assert_eq!(ended["revoked"], true);
    sign_in(&service, "bob").await;
    let scope = json!({"user": {"user_id": "bob"}});
    let ended = document(call(&service, "POST", "/api/v1/sessions/revoke-all", Some(scope)).await, 200);
    assert_eq!(ended["revoked_count"], "1");
}

async fn administrators_search_and_revoke(service: TestService) {
    let mut ids = Vec::new();
    for user in ["ann", "bob", "cleo", "dan"] {
        service.clock.advance(Duration::from_secs(1));
        ids.push(sign_in(&service, user).await.1);
    }
    wait_until_complete(&service).await;

    let found = call(&service, "GET", "/admin/api/sessions?state=SESSION_STATE_LIVE&page_size=3", None).await;
    let found = document(found, 200);
    let sessions = found["sessions"].as_array().expect("sessions");
    assert_eq!((sessions.len(), &sessions[0]["session"]["user_id"]), (3, &json!("dan")), "latest start first");
    let token = found["next_page_token"].as_str().expect("a token");
    let rest = format!("/admin/api/sessions?state=SESSION_STATE_LIVE&page_size=3&page_token={token}");
    let rest = document(call(&service, "GET", &rest, None).await, 200);
    assert_eq!(rest["sessions"][0]["session"]["user_id"], "ann");
    let by_user = document(call(&service, "GET", "/admin/api/sessions?user_id=bob", None).await, 200);
    assert_eq!(by_user["sessions"].as_array().map(Vec::len), Some(1));

    let one = document(call(&service, "GET", &format!("/admin/api/sessions/{}", ids[0]), None).await, 200);
    assert_eq!(one["session"]["user_id"], "ann");
    assert_eq!(one["history"]["events"][0]["kind"], "AUDIT_EVENT_KIND_SESSION_CREATED");
    let history = document(call(&service, "GET", &format!("/admin/api/sessions/{}/events", ids[0]), None).await, 200);
    assert_eq!(history["events"][0]["kind"], "AUDIT_EVENT_KIND_SESSION_CREATED");
    let events = "/admin/api/events?kinds=AUDIT_EVENT_KIND_SESSION_CREATED&order=EVENT_ORDER_RECORDED";
    assert_eq!(document(call(&service, "GET", events, None).await, 200)["events"].as_array().map(Vec::len), Some(4));
    let stats = document(call(&service, "GET", "/admin/api/stats?step=3600s", None).await, 200);
    assert_eq!(stats["active_sessions"], "4");
    let credentials = document(call(&service, "GET", "/admin/api/credentials", None).await, 200);
    assert_eq!(credentials["is_truncated"], false);

    let criteria = |dry_run| json!({"filter": {"ip_range": "198.51.100.0/24"}, "dry_run": dry_run, "reason": "test"});
    let dry = document(call(&service, "POST", "/admin/api/sessions/revoke", Some(criteria(true))).await, 200);
    assert_eq!((&dry["matched_count"], &dry["revoked_count"]), (&json!("4"), &json!("0")));
    assert_eq!(dry["sample"].as_array().map(Vec::len), Some(4));
    assert_eq!(service.list("dan").await.len(), 1, "a dry run ends nothing");

    let path = format!("/admin/api/sessions/{}?reason=lost%20phone&actor=eve", ids[3]);
    assert_eq!(document(call(&service, "DELETE", &path, None).await, 200)["revoked"], true);
    let all = document(call(&service, "POST", "/admin/api/users/cleo/revoke-all", None).await, 200);
    assert_eq!(all["revoked_count"], "1");
    let done = document(call(&service, "POST", "/admin/api/sessions/revoke", Some(criteria(false))).await, 200);
    assert_eq!((&done["done"], &done["revoked_count"]), (&json!(true), &json!("2")), "{done}");
    assert_eq!(done["sample"].as_array().map(Vec::len), done["matched_count"].as_str().and_then(|n| n.parse().ok()));
    assert!(service.list("ann").await.is_empty());
    wait_until_complete(&service).await;
    let ended = document(call(&service, "GET", &format!("/admin/api/sessions/{}", ids[0]), None).await, 200);
    assert!(ended.get("session").is_none());
    assert_eq!(ended["history"]["events"][0]["reason"], "test");

    service.create(login_of("ann")).await.expect("a session");
    let everyone =
        document(call(&service, "POST", "/admin/api/sessions/revoke-all", Some(json!({"everyone": {}}))).await, 200);
    assert_eq!((&everyone["revoked_count"], service.list("ann").await.len()), (&json!("0"), 0));
    let cleaned = document(call(&service, "POST", "/admin/api/sessions/cleanup", None).await, 200);
    assert!(cleaned["purged_count"].is_string());
    let forgotten =
        document(call(&service, "POST", "/admin/api/users/dan/forget", Some(json!({"reason": "asked"}))).await, 200);
    assert_ne!(forgotten["erased_count"], "0");
}
