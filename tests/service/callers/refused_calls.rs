//! Refused calls are recorded in the audit, however many there are, and the last use of credentials is known.

use session_authority::{
    api::{ListCredentialsRequest, ListCredentialsResponse, RevokeRequest, credential::Id},
    domain::CallerRole,
};
use sqlx::{Connection, SqliteConnection};
use tonic::{Code, Request, Status};

use super::{KeyRing, directory, guarded};
use crate::service::fixture::{START, TestService, error_parts, login_of, signed};

async fn revoke(service: &TestService, request: Request<RevokeRequest>) -> Result<(), Status> {
    service.sessions().revoke(request).await.map(drop)
}

#[tokio::test]
async fn refused_calls_of_one_kind_are_one_event() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let gateway = ring.add("gateway", CallerRole::Validator, &["acme"]);
    let former = ring.add("former", CallerRole::Issuer, &[]);
    ring.revoke("former");
    let service = guarded(directory).await;
    for _ in 0..20 {
        let refused = revoke(&service, signed(&gateway, RevokeRequest::default())).await.expect_err("not allowed");
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
    for n in 0..50 {
        let nonsense = format!("sak_nonsense{n}");
        revoke(&service, signed(&nonsense, RevokeRequest::default())).await.expect_err("nobody");
    }
    service.sessions().create(signed(&former, login_of("ann"))).await.expect_err("a revoked key");

    // The node writes them at the latest when it stops. It locks the file while it runs.
    let TestService { node, directory, channel, .. } = service;
    drop(channel);
    assert!(node.stop().await, "it ends before its deadline");
    let url = format!("sqlite://{}/audit.db", directory.path().display());
    let mut audit = SqliteConnection::connect(&url).await.expect("the audit");
    let rows: Vec<(Option<String>, Option<String>, String, i64)> = sqlx::query_as(
        "SELECT caller, tenant, reason, ip IS NOT NULL FROM session_events WHERE kind = 'call_refused' ORDER BY reason",
    )
    .fetch_all(&mut audit)
    .await
    .expect("events");
    let kinds: Vec<_> = rows.iter().map(|(caller, tenant, ..)| (caller.as_deref(), tenant.as_deref())).collect();
    assert_eq!(kinds, [(Some("former"), None), (Some("gateway"), Some("acme")), (None, None)], "{rows:?}");
    for ((_, _, reason, has_address), parts) in rows.iter().zip([
        &["1 call; session.v1.SessionService/Create; ", "; the API key was revoked"][..],
        &["20 calls; session.v1.SessionService/Revoke; ", "role validator may not call"],
        &["50 calls; session.v1.SessionService/Revoke; ", "unknown API key"],
    ]) {
        assert!(parts.iter().all(|part| reason.contains(part)) && *has_address == 1, "{reason}");
        assert!(!reason.contains("nonsense") && !reason.contains(&gateway), "{reason}");
    }
}

#[tokio::test]
async fn an_administrator_sees_when_each_credential_was_last_used() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let admin = ring.add("admin", CallerRole::Admin, &[]);
    let login = ring.add("login", CallerRole::Issuer, &[]);
    ring.add("unused", CallerRole::Backend, &["acme"]);
    let limited = ring.add("limited", CallerRole::Admin, &["acme"]);
    let service = guarded(directory).await;
    service.sessions().create(signed(&login, login_of("ann"))).await.expect("a session");
    let list = async |key: &str| -> Result<ListCredentialsResponse, Status> {
        service.admin().list_credentials(signed(key, ListCredentialsRequest {})).await.map(tonic::Response::into_inner)
    };
    let listed = list(&admin).await.expect("credentials").credentials;
    let used: Vec<_> = listed.iter().map(|listed| (listed.caller.as_str(), listed.last_used_at.is_some())).collect();
    assert_eq!(used, [("admin", true), ("login", true), ("unused", false), ("limited", false)]);
    let hour = i64::try_from(START.get() / 3_600_000 * 3_600).expect("a time");
    assert_eq!(listed[1].last_used_at.map(|at| at.seconds), Some(hour), "to the hour");
    assert_eq!((listed[2].role.as_str(), &*listed[2].tenants), ("backend", &["acme".to_owned()][..]));
    let id = match listed[1].id.as_ref().expect("an ID") {
        Id::KeyId(id) => id,
        Id::SpiffeId(id) => panic!("{id}"),
    };
    assert!(id.len() == 16 && !login.contains(id.as_str()));
    let refused = list(&limited).await.expect_err("an administrator of one tenant");
    assert_eq!(error_parts(&refused).1, "CALLER_NOT_ALLOWED");
}
