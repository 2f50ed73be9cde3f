//! The content of rows in PostgreSQL.

use std::time::Duration;

use session_authority::{
    audit::AppendReport,
    domain::{
        Bucket, Cause, EndReason, Event, EventId, EventKind, EventSubject, Owner, Session, TenantId, UnixMillis,
        event::RevocationScope,
    },
};
use sqlx::Row;

use super::{
    fixture::{connect_audit, open},
    logins::{NOW, login},
};
use crate::support::postgres::PostgresServer;

pub fn event(kind: EventKind, session: &Session, at: UnixMillis) -> Event {
    Event {
        id: EventId::from_session(kind, session.id, session.record.revision),
        kind,
        at,
        subject: EventSubject::Session(Box::new(session.clone())),
        cause: Cause { actor: "admin:eve".to_owned(), ..Cause::default() },
    }
}

fn revoked_all(scope: &RevocationScope, at: UnixMillis) -> Event {
    Event {
        id: EventId::from_operation(scope, "operation"),
        kind: EventKind::RevokedAll,
        at,
        subject: EventSubject::Scope(scope.clone()),
        cause: Cause::default(),
    }
}

#[tokio::test]
async fn a_login_has_native_types_and_no_address() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let session = login("ann", 1).session;
    log.append(&[event(EventKind::Created, &session, NOW)]).await.expect("appended");

    let sql = "SELECT event_id::text, at = '2023-11-14T22:13:20.123Z', ip <<= '192.0.2.0/24', auth_methods,
                      asn, region, actor, reason, session_id, expires_at - at, to_jsonb(login_events)::text
               FROM login_events";
    let row = sqlx::query(sql).fetch_one(&mut connect_audit(&url).await).await.expect("a row");
    assert_eq!(row.get::<&str, _>(0), EventId::from_session(EventKind::Created, session.id, 1).to_string());
    assert!(row.get::<bool, _>(1), "the time");
    assert!(row.get::<bool, _>(2), "the address");
    assert_eq!(row.get::<Vec<String>, _>(3), ["pwd", "otp"]);
    assert_eq!(row.get::<Option<i64>, _>(4), Some(64_500));
    assert_eq!(row.get::<Option<&str>, _>(5), None);
    assert_eq!(row.get::<Option<&str>, _>(6), Some("admin:eve"));
    assert_eq!(row.get::<Option<&str>, _>(7), None);
    assert_eq!(row.get::<&str, _>(8), session.id.to_string());
    assert!(!row.get::<&str, _>(10).contains("ann@example.com"));
}

#[tokio::test]
async fn a_session_event_has_the_reason_and_the_session() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let session = login("ann", 1).session;
    let ended = event(EventKind::Ended(EndReason::Evicted), &session, NOW);

    assert_eq!(
        log.append(std::slice::from_ref(&ended)).await.expect("appended"),
        AppendReport { added: 1, duplicates: 0 }
    );
    assert_eq!(log.append(&[ended.clone(), ended]).await.expect("known"), AppendReport { added: 0, duplicates: 2 });

    let sql = "SELECT kind, end_reason, scope, revision, policy, device_name, country, city, started_at - at = interval '1 ms',
                      auth_methods, assurance_level, device_type, browser, os, asn, changed_fields, operation_id
               FROM session_events";
    let row = sqlx::query(sql).fetch_one(&mut connect_audit(&url).await).await.expect("a row");
    assert_eq!(row.get::<&str, _>(0), "ended");
    assert_eq!(row.get::<Option<&str>, _>(1), Some("evicted"));
    assert_eq!(row.get::<Option<&str>, _>(2), None);
    assert_eq!(row.get::<Option<i64>, _>(3), Some(1));
    assert_eq!(row.get::<Option<&str>, _>(4), Some("default"));
    assert_eq!(row.get::<Option<&str>, _>(5), Some("Safari on iPhone"));
    assert_eq!(row.get::<Option<&str>, _>(6), Some("BR"));
    assert_eq!(row.get::<Option<&str>, _>(7), None);
    assert!(row.get::<bool, _>(8), "the start of the session");
    assert_eq!(row.get::<Option<Vec<String>>, _>(9).expect("methods"), ["pwd", "otp"]);
    assert_eq!(row.get::<Option<i64>, _>(10), Some(2));
    assert_eq!(row.get::<Option<&str>, _>(11), Some("mobile"));
    assert_eq!(row.get::<Option<&str>, _>(12), Some("Safari"));
    assert_eq!(row.get::<Option<&str>, _>(13), Some("iOS"));
    assert_eq!(row.get::<Option<i64>, _>(14), Some(64_500));
    assert_eq!(row.get::<Option<Vec<String>>, _>(15), None);
    assert_eq!(row.get::<Option<&str>, _>(16), None);
}

#[tokio::test]
async fn an_update_names_its_fields_and_its_operation() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let mut updated = event(EventKind::Updated, &login("ann", 1).session, NOW);
    updated.cause.changed_fields = vec!["email".to_owned(), "roles".to_owned()];
    updated.cause.operation_id = "change-1".to_owned();
    log.append(&[updated]).await.expect("appended");

    let row: (Vec<String>, String) = sqlx::query_as("SELECT changed_fields, operation_id FROM session_events")
        .fetch_one(&mut connect_audit(&url).await)
        .await
        .expect("a row");
    assert_eq!(row, (vec!["email".to_owned(), "roles".to_owned()], "change-1".to_owned()));
}

#[tokio::test]
async fn a_mass_revocation_repeated_later_is_still_one() {
    let url = PostgresServer::shared().await.database().await;
    let (log, other) = (open(&url).await, open(&url).await);
    let everyone: Vec<_> = Bucket::all()
        .map(|bucket| revoked_all(&RevocationScope::Everyone, NOW.plus(Duration::from_millis(bucket.0.into()))))
        .collect();

    let (one, two) = tokio::join!(log.append(&everyone), other.append(&everyone[100..]));
    let (one, two) = (one.expect("appended"), two.expect("appended"));

    assert_eq!(one.added + two.added, 1);
    assert_eq!(one.duplicates + two.duplicates, 256 + 156 - 1);
}

#[tokio::test]
async fn a_revocation_names_its_scope() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let ann = Owner::new("acme", "ann").expect("an owner");
    let acme = TenantId::new("acme").expect("a tenant");
    let scopes = [RevocationScope::User(ann), RevocationScope::Tenant(acme), RevocationScope::Everyone];
    log.append(&scopes.map(|scope| revoked_all(&scope, NOW))).await.expect("appended");

    let rows: Vec<(String, Option<String>, Option<String>)> =
        sqlx::query_as("SELECT scope, tenant, user_id FROM session_events ORDER BY seq")
            .fetch_all(&mut connect_audit(&url).await)
            .await
            .expect("rows");
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows,
        [
            ("user".to_owned(), text("acme"), text("ann")),
            ("tenant".to_owned(), text("acme"), None),
            ("everyone".to_owned(), None, None),
        ]
    );
}
