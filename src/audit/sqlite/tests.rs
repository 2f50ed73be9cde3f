mod forget;
mod maintenance;
mod maintenance_clock;
mod projection;

use std::slice::from_ref;

use sqlx::{Column, Row};

use super::*;
use crate::{
    audit::samples::{event, revoked_all, session},
    domain::{Bucket, EndReason, EventKind, event::RevocationScope},
    sqlite::integer,
    store::{OutboxPosition, outbox::OutboxEntry},
};

pub(super) async fn log() -> SqliteEventLog {
    SqliteEventLog::open("sqlite::memory:", true).await.expect("a log")
}

pub(super) async fn count(log: &SqliteEventLog, table: &'static str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(query).fetch_one(&log.pool).await.expect("a count")
}

#[tokio::test]
async fn a_login_is_kept_with_device_place_and_proof_and_without_the_address() {
    let log = log().await;
    let created = event(EventKind::Created, &session("ann", 1), 1_700_000_000_123);

    assert_eq!(log.append(&[created]).await.expect("appended"), AppendReport { added: 1, duplicates: 0 });

    let row = sqlx::query("SELECT * FROM login_events").fetch_one(&log.pool).await.expect("a row");
    assert_eq!(row.get::<i64, _>("at"), 1_700_000_000_123);
    assert_eq!(row.get::<&str, _>("auth_methods"), r#"["pwd","otp"]"#);
    let address: std::net::Ipv6Addr = "2001:db8::7".parse().expect("an address");
    assert_eq!(row.get::<&[u8], _>("ip"), address.octets());
    assert_eq!(row.get::<&str, _>("device_type"), "mobile");
    assert_eq!(row.get::<Option<&str>, _>("region"), Some("SP"));
    assert_eq!(row.get::<&str, _>("actor"), "admin:eve");
    assert_eq!(row.get::<Option<&str>, _>("reason"), None);
    assert!(row.get::<i64, _>("recorded_at") > 1_700_000_000_000);
    for column in row.columns() {
        let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(column.ordinal()).expect("bytes");
        let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
        assert!(!text.contains("ann@example.com"), "{}", column.name());
    }
}

#[tokio::test]
async fn what_is_known_is_passed_over() {
    let log = log().await;
    let ann = session("ann", 1);
    let created = event(EventKind::Created, &ann, 10);
    let ended = event(EventKind::Ended(EndReason::Revoked), &ann, 20);

    log.append(from_ref(&created)).await.expect("appended");
    let appended = log.append(&[created, ended]).await.expect("appended");

    assert_eq!(appended, AppendReport { added: 1, duplicates: 1 });
    assert_eq!(count(&log, "session_events").await, 2);
    assert_eq!(count(&log, "login_events").await, 1);
    let reasons: Vec<Option<String>> = sqlx::query_scalar("SELECT end_reason FROM session_events ORDER BY seq")
        .fetch_all(&log.pool)
        .await
        .expect("rows");
    assert_eq!(reasons, [None, Some("revoked".to_owned())]);
}

#[tokio::test]
async fn a_mass_revocation_reported_by_every_bucket_is_stored_once() {
    let log = log().await;
    let tenant = session("ann", 1).owner.tenant;
    let again = |at| revoked_all(RevocationScope::Tenant(tenant.clone()), "operation", at);

    let appended = log.append(&[again(10), again(10), again(11)]).await.expect("appended");

    assert_eq!(appended, AppendReport { added: 1, duplicates: 2 });
    let row =
        sqlx::query("SELECT scope, tenant, user_id, at FROM session_events").fetch_one(&log.pool).await.expect("a row");
    assert_eq!(row.get::<&str, _>(0), "tenant");
    assert_eq!(row.get::<&str, _>(1), "acme");
    assert_eq!(row.get::<Option<&str>, _>(2), None);
    assert_eq!(row.get::<i64, _>(3), 10);
}

#[tokio::test]
async fn a_batch_with_an_event_that_is_refused_is_refused_as_a_whole() {
    let log = log().await;
    let refuse = "CREATE TRIGGER no_bob BEFORE INSERT ON session_events WHEN new.user_id = 'bob'
                  BEGIN SELECT RAISE(ABORT, 'not bob'); END";
    sqlx::raw_sql(refuse).execute(&log.pool).await.expect("a trigger");
    let events = [event(EventKind::Created, &session("ann", 1), 10), event(EventKind::Created, &session("bob", 2), 11)];

    let error = log.append(&events).await.expect_err("refused");

    assert!(matches!(error, AuditError::Refused { .. }), "{error}");
    assert_eq!(count(&log, "session_events").await, 0);
    assert_eq!(log.append(&events[..1]).await.expect("appended").added, 1);
}

#[tokio::test]
async fn a_full_disk_is_written_to_again_once_there_is_room() {
    let log = log().await;
    // The page count cannot fall below the current one, so this allows no further pages.
    sqlx::query("PRAGMA max_page_count = 1").execute(&log.pool).await.expect("pragma");
    let batch: Vec<_> = (1..=200).map(|n| event(EventKind::Created, &session("ann", n), n.into())).collect();
    let error = log.append(&batch).await.expect_err("full");
    assert!(matches!(error, AuditError::Unavailable { .. }), "{error}");

    sqlx::query("PRAGMA max_page_count = 1000000").execute(&log.pool).await.expect("pragma");
    assert_eq!(log.append(&batch).await.expect("appended"), AppendReport { added: 200, duplicates: 0 });
}

#[tokio::test]
async fn an_entry_dead_lettered_twice_is_kept_once() {
    let log = log().await;
    let position = OutboxPosition { bucket: Bucket(7), entry: "17-0".to_owned() };
    let entry = OutboxEntry { kind: 99, at: u64::MAX, record: vec![0, 1], ..OutboxEntry::default() };
    let error = entry.decode().expect_err("an unknown kind");
    let refused = DeadLetter::new(position, entry, &error);

    for _ in 0..2 {
        log.dead_letter(&refused).await.expect("stored");
    }

    let row = sqlx::query("SELECT * FROM refused_events").fetch_one(&log.pool).await.expect("one row");
    assert_eq!(row.get::<i64, _>("kind"), 99);
    assert_eq!(row.get::<&[u8], _>("record"), [0, 1]);
    assert!(row.get::<&str, _>("error").contains("unknown event kind"));
    assert_eq!(count(&log, "refused_events").await, 1);
}

#[tokio::test]
async fn a_file_without_the_schema_is_refused_by_the_name_of_the_remedy() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("audit.db").display());

    let error = SqliteEventLog::open(&url, false).await.expect_err("no schema").to_string();
    assert!(error.contains("0001_session_events") && error.contains("session-authority migrate"), "{error}");

    assert_eq!(migrate(&url).await.expect("migrated").len(), schema::SQLITE.len());
    assert_eq!(migrate(&url).await.expect("nothing to do"), Vec::<String>::new());
    let log = SqliteEventLog::open(&url, false).await.expect("a log");
    log.ready().await.expect("ready");
}

#[tokio::test]
async fn a_migration_that_is_recorded_as_failed_is_noticed() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("audit.db").display());
    let log = SqliteEventLog::open(&url, true).await.expect("a log");
    let failed = sqlx::query("UPDATE audit_migrations SET success = false WHERE version = 4");
    failed.execute(&log.pool).await.expect("a failed migration");
    log.close().await;
    for migrate in [false, true] {
        let error = SqliteEventLog::open(&url, migrate).await.expect_err("a failed migration");
        assert!(matches!(error, AuditError::MigrationFailed { version: 4 }), "{error}");
    }
}

#[tokio::test]
async fn what_was_appended_is_there_when_the_file_is_opened_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("audit.db").display());
    let created = event(EventKind::Created, &session("ann", 1), 10);

    let log = SqliteEventLog::open(&url, true).await.expect("a log");
    log.append(from_ref(&created)).await.expect("appended");
    log.close().await;
    assert!(matches!(log.append(from_ref(&created)).await, Err(AuditError::Unavailable { .. })));

    let log = SqliteEventLog::open(&url, true).await.expect("the log");
    assert_eq!(log.append(&[created]).await.expect("known"), AppendReport { added: 0, duplicates: 1 });
}

#[tokio::test]
async fn the_file_belongs_to_one_process() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("audit.db").display());
    let owner = SqliteEventLog::open(&url, true).await.expect("a log");

    let error = SqliteEventLog::open(&url, true).await.expect_err("locked");
    assert!(matches!(error, AuditError::Unavailable { .. }), "{error}");
    owner.ready().await.expect("ready");
}
