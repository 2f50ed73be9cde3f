//! Values that the two databases store or read in different ways.

use session_authority::{
    audit,
    domain::{
        EventKind,
        location::GeoPosition,
        search::{AuditedSession, PageRequest, SessionSearch},
    },
    store::{AlertPosition, StreamedAlert},
};
use sqlx::{Connection, Executor, SqliteConnection};

use super::{
    fixture::connect_audit,
    logins::{NOW, login},
    mass_endings::AuditTestDatabase,
    postgres::event,
};

/// Closes the database, which SQLite opens only once, and returns a column of text.
async fn read_column(database: AuditTestDatabase, query: &'static str) -> Vec<Option<String>> {
    database.audit.log.close().await;
    if is_sqlite(&database) {
        let mut connection = SqliteConnection::connect(&database.url).await.expect("the file");
        sqlx::query_scalar(query).fetch_all(&mut connection).await.expect("a column")
    } else {
        sqlx::query_scalar(query).fetch_all(&mut connect_audit(&database.url).await).await.expect("a column")
    }
}

fn is_sqlite(database: &AuditTestDatabase) -> bool {
    database.url.starts_with("sqlite:")
}

#[tokio::test]
async fn an_update_of_no_field_has_an_empty_list_in_sqlite_and_null_in_postgres() {
    let session = login("ann", 1).session;
    let mut named = session.clone();
    named.record.revision = 2;
    let mut named = event(EventKind::Updated, &named, NOW);
    named.cause.changed_fields = vec!["email".to_owned(), "roles".to_owned()];
    let events = [event(EventKind::Created, &session, NOW), event(EventKind::Updated, &session, NOW), named];
    for (database, expected) in [
        (AuditTestDatabase::sqlite().await, [None, Some("[]"), Some(r#"["email","roles"]"#)]),
        (AuditTestDatabase::postgres().await, [None, None, Some("{email,roles}")]),
    ] {
        database.audit.log.append(&events).await.expect("appended");
        let stored =
            read_column(database, "SELECT CAST(changed_fields AS text) FROM session_events ORDER BY seq").await;
        assert_eq!(stored, expected.map(|list| list.map(str::to_owned)));
    }
}

/// An alert of which this release can decode the outline: the severity is unknown.
fn alert_with_severity(severity: [u8; 3]) -> StreamedAlert {
    let mut record = vec![0x0a, 16];
    record.extend([7; 16]);
    record.extend(b"\x12\x04acme\x1a\x04rule\x28");
    record.extend(severity);
    StreamedAlert::from_record(AlertPosition { major: 1, minor: 0 }, AlertPosition::START, record)
}

#[tokio::test]
async fn a_severity_beyond_two_bytes_is_limited_in_postgres() {
    // The number 40,000 in the encoding of the record.
    let alert = alert_with_severity([0xc0, 0xb8, 0x02]);
    for (database, expected) in
        [(AuditTestDatabase::sqlite().await, "40000"), (AuditTestDatabase::postgres().await, "32767")]
    {
        database.audit.alerts.archive(std::slice::from_ref(&alert)).await.expect("archived");
        let stored = read_column(database, "SELECT CAST(severity AS text) FROM alerts").await;
        assert_eq!(stored, [Some(expected.to_owned())]);
    }
}

async fn search(database: &AuditTestDatabase) -> Vec<AuditedSession> {
    let page = PageRequest { size: 10, after: None };
    database.audit.history.search_sessions(&SessionSearch::default(), page).await.expect("sessions")
}

/// No release writes such a row.
#[tokio::test]
async fn a_position_without_accuracy_is_left_out_in_sqlite_and_unreadable_in_postgres() {
    const FORGET_ACCURACY: &str = "UPDATE sessions SET accuracy_radius_km = NULL";
    let mut session = login("ann", 1).session;
    let position = GeoPosition { latitude: -23.5, longitude: -46.5, accuracy_radius_km: 20 };
    session.record.location.position = Some(position);
    let created = [event(EventKind::Created, &session, NOW)];
    for mut database in [AuditTestDatabase::sqlite().await, AuditTestDatabase::postgres().await] {
        database.audit.log.append(&created).await.expect("appended");
        let found: Vec<_> = search(&database).await.into_iter().map(|session| session.location.position).collect();
        assert_eq!(found, [session.record.location.position], "a whole position");

        database.audit.log.close().await;
        let is_sqlite = is_sqlite(&database);
        if is_sqlite {
            let mut connection = SqliteConnection::connect(&database.url).await.expect("the file");
            connection.execute(FORGET_ACCURACY).await.expect("changed");
            connection.close().await.expect("closed");
        } else {
            connect_audit(&database.url).await.execute(FORGET_ACCURACY).await.expect("changed");
        }
        database.audit = audit::open(&database.url, false).await.expect("an audit database");

        let found: Vec<_> = search(&database).await.into_iter().map(|session| session.location.position).collect();
        assert_eq!(found, if is_sqlite { vec![None] } else { vec![] });
    }
}
