//! Callers of REST have the credentials, roles and tenants that they have over gRPC.

use serde_json::json;
use session_authority::domain::CallerRole;

use super::{LISTEN, call, call_as};
use crate::service::{
    callers::{KeyRing, directory, guarded_with},
    management,
};

#[tokio::test]
async fn a_role_may_call_the_same_as_over_grpc() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let login = ring.add("login", CallerRole::Issuer, &[]);
    let gateway = ring.add("gateway", CallerRole::Validator, &[]);
    let pages = ring.add("pages", CallerRole::Backend, &[]);
    let admin = ring.add("ops", CallerRole::Admin, &[]);
    let alerts = ring.add("siem", CallerRole::Alerts, &[]);
    let service = guarded_with(directory, &[LISTEN]).await;
    let create = json!({"user_id": "ann"});
    let token = json!({"token": "sa_x"});
    for (verb, path, body, allowed) in [
        ("POST", "/api/v1/sessions", Some(create), &[&login][..]),
        ("POST", "/api/v1/sessions/validate", Some(token), &[&login, &gateway, &pages]),
        ("GET", "/api/v1/sessions?user_id=ann", None, &[&login, &pages, &admin]),
        ("GET", "/admin/api/sessions", None, &[&admin]),
        ("GET", "/admin/api/stats", None, &[&admin]),
        ("GET", "/admin/api/events", None, &[&admin]),
        ("GET", "/admin/api/credentials", None, &[&admin]),
        ("GET", "/admin/api/webhooks", None, &[&admin]),
        ("GET", "/admin/api/webhook-dead-letters", None, &[&admin]),
        ("POST", "/admin/api/sessions/cleanup", None, &[&admin]),
        ("POST", "/admin/api/sessions/revoke-all", Some(json!({"everyone": {}})), &[&admin]),
        ("POST", "/admin/api/users/ann/forget", None, &[&admin]),
    ] {
        for key in [&login, &gateway, &pages, &admin, &alerts] {
            let response = call_as(&service, key, verb, path, body.clone()).await;
            if allowed.contains(&key) {
                assert!(matches!(response.status, 200 | 201), "{verb} {path} {response:?}");
            } else {
                assert_eq!(response.problem(), (403, "CALLER_NOT_ALLOWED"), "{verb} {path}");
            }
        }
        let nobody = call(&service, verb, path, body.clone()).await;
        assert_eq!(nobody.problem(), (401, "CALLER_UNAUTHENTICATED"), "{verb} {path}");
        assert_eq!(nobody.response.header("www-authenticate"), "Bearer");
        assert_eq!(call_as(&service, "sak_x", verb, path, body).await.problem(), (401, "CALLER_UNAUTHENTICATED"));
    }
}

#[tokio::test]
async fn a_caller_reaches_its_tenants_only() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let acme = ring.add("acme", CallerRole::Issuer, &["acme"]);
    let globex = ring.add("globex", CallerRole::Issuer, &["globex"]);
    let service = guarded_with(directory, &[LISTEN]).await;
    let login = json!({"tenant_id": "acme", "user_id": "ann"});
    let created = call_as(&service, &acme, "POST", "/api/v1/sessions", Some(login.clone())).await;
    let path = format!("/api/v1/sessions/{}", created.json["session"]["session_id"].as_str().expect("an ID"));
    assert_eq!(call_as(&service, &globex, "POST", "/api/v1/sessions", Some(login)).await.problem().0, 403);
    assert_eq!(call_as(&service, &globex, "GET", &path, None).await.problem(), (404, "SESSION_NOT_FOUND"));
    assert_eq!(call_as(&service, &globex, "DELETE", &path, None).await.json["revoked"], false);
    assert_eq!(call_as(&service, &acme, "DELETE", &path, None).await.json["revoked"], true);
}

#[tokio::test]
async fn calls_are_measured_like_those_over_grpc() {
    let service = crate::service::fixture::TestService::start(None, &[LISTEN]).await;
    call(&service, "POST", "/api/v1/sessions", Some(json!({"user_id": "ann"}))).await;
    call(&service, "POST", "/api/v1/sessions", Some(json!({}))).await;
    let (_, metrics) = management::get(service.node.management, "/metrics").await;
    for line in [
        "method=\"session.v1.SessionService/Create\",code=\"OK\"} 1",
        "method=\"session.v1.SessionService/Create\",code=\"INVALID_ARGUMENT\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}
