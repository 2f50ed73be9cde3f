use std::time::Duration;

use super::*;
use crate::audit::erasure;

/// Returns the contents of all rows about users, as one text.
async fn dump_rows(log: &SqliteEventLog) -> String {
    let mut dump = String::new();
    for table in ["session_events", "login_events", "sessions", "alerts", "refused_events"] {
        let query = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        for row in sqlx::query(query).fetch_all(&log.pool).await.expect("rows") {
            for column in row.columns() {
                if !matches!(column.name(), "session_id" | "event_id" | "recorded_at" | "refused_at") {
                    let value = row.try_get_unchecked::<Option<Vec<u8>>, _>(column.ordinal()).expect("bytes");
                    let value = value.unwrap_or_default();
                    dump.extend([table, ".", column.name(), "=", &String::from_utf8_lossy(&value), ";"]);
                }
            }
        }
    }
    dump
}

fn assert_no_personal_data(dump: &str) {
    for personal in
        ["ann", "phone-1", "Safari", "iOS", "Mozilla", "BR", "Paulo", "64500", "mobile", "admin:eve", "why", "call-1"]
    {
        assert!(!dump.contains(personal), "{personal}: {dump}");
    }
    assert!(dump.contains("pwd") && dump.contains("login_events.caller=login"), "{dump}");
}

fn session_life_events(user: &str, unique: u8, from: u64) -> Vec<Event> {
    let session = session(user, unique);
    let mut events = vec![
        event(EventKind::Created, &session, from),
        event(EventKind::Ended(EndReason::Revoked), &session, from + 1),
        revoked_all(RevocationScope::User(session.owner), "operation", from + 1),
    ];
    for event in &mut events {
        event.cause.reason = "why".into();
        event.cause.request_id = "call-1".into();
        event.cause.actor = "admin:eve".into();
    }
    events
}

/// The creation time of the sample sessions.
const MADE: u64 = 1_700_000_000_123;

#[tokio::test]
async fn personal_data_is_erased_and_the_rest_stays() {
    let log = log().await;
    log.append(&session_life_events("ann", 1, MADE)).await.expect("appended");
    let owner = session("ann", 1).owner;
    let alert = "INSERT INTO alerts
                 VALUES (1, 1, 0, 0, 'a', 'acme', 'ann', null, null, 'r', 1, 1, 5, 5, null, null, '', null, x'', 0, null)";
    sqlx::query(alert).execute(&log.pool).await.expect("an alert");
    let entry = OutboxEntry { kind: 99, at: MADE, owner: owner.to_bytes(), ..OutboxEntry::default() };
    let error = entry.decode().expect_err("an unknown kind");
    let refused = DeadLetter::new(OutboxPosition { bucket: Bucket(7), entry: "1-0".to_owned() }, entry, &error);
    log.dead_letter(&refused).await.expect("stored");

    let forgotten = log.erase_user(&owner, UnixMillis::new(MADE + 1)).await.expect("erased");

    assert_eq!(forgotten.retained, [("session_events", 3), ("login_events", 1), ("alerts", 1)]);
    assert_eq!(forgotten.erased, 3 + 1 + 1 + 1 + 1, "events, login, session, alert, dead letter");
    for table in ["sessions", "refused_events"] {
        assert_eq!(count(&log, table).await, 0, "{table}");
    }
    assert_no_personal_data(&dump_rows(&log).await);
    let again = log.erase_user(&owner, UnixMillis::new(MADE + 1)).await.expect("erased");
    assert_eq!(again, ErasureReport::default());
}

#[tokio::test]
async fn what_arrives_later_from_before_is_kept_without_the_person() {
    let log = log().await;
    let owner = session("ann", 1).owner;
    log.erase_user(&owner, UnixMillis::new(MADE + 1)).await.expect("erased");

    assert_eq!(log.append(&session_life_events("ann", 1, MADE)).await.expect("appended").added, 3);
    let entry =
        OutboxEntry { kind: 99, at: MADE, owner: owner.to_bytes(), record: b"ann".to_vec(), ..OutboxEntry::default() };
    let error = entry.decode().expect_err("an unknown kind");
    let refused = DeadLetter::new(OutboxPosition { bucket: Bucket(7), entry: "1-0".to_owned() }, entry, &error);
    log.dead_letter(&refused).await.expect("stored");

    assert_eq!(count(&log, "sessions").await, 0);
    assert_no_personal_data(&dump_rows(&log).await);
}

#[tokio::test]
async fn others_and_what_happens_afterwards_are_kept_whole() {
    let log = log().await;
    log.append(&session_life_events("bob", 2, MADE)).await.expect("appended");
    let ann = session("ann", 1).owner;
    let forgotten = log.erase_user(&ann, UnixMillis::new(MADE - 1)).await.expect("erased");
    assert_eq!(forgotten, ErasureReport::default());
    log.append(&session_life_events("ann", 1, MADE)).await.expect("appended");

    let users: Vec<String> =
        sqlx::query_scalar("SELECT user_id FROM session_events UNION SELECT user_id FROM sessions")
            .fetch_all(&log.pool)
            .await
            .expect("users");
    assert_eq!(users, ["ann", "bob"]);
    assert_eq!(count(&log, "sessions").await, 2);
}

#[tokio::test]
async fn a_mark_goes_forward_and_is_removed_in_time() {
    let log = log().await;
    let ann = session("ann", 1).owner;
    for at in [20, 10] {
        log.erase_user(&ann, UnixMillis::new(at)).await.expect("erased");
    }
    let mark: i64 = sqlx::query_scalar("SELECT at FROM forgotten_users").fetch_one(&log.pool).await.expect("a mark");
    assert_eq!(mark, 20);

    let last = UnixMillis::new(20).plus(erasure::MARK_RETENTION);
    for (now, marks) in [(last, 1), (last.plus(Duration::from_millis(1)), 0)] {
        log.run_maintenance(MaintenanceRun::new(now, UnixMillis::default()).with_accepted_clock())
            .await
            .expect("maintenance");
        assert_eq!(count(&log, "forgotten_users").await, marks);
    }
}
