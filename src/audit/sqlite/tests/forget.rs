use std::time::Duration;

use super::*;
use crate::audit::forgotten;

/// What rows hold of a person, all of them in one text.
async fn told(log: &SqliteEventLog) -> String {
    let mut told = String::new();
    for table in ["session_events", "login_events", "sessions", "alerts", "refused_events"] {
        let query = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        for row in sqlx::query(query).fetch_all(&log.pool).await.expect("rows") {
            for column in row.columns() {
                if !matches!(column.name(), "session_id" | "event_id" | "recorded_at" | "refused_at") {
                    let value = row.try_get_unchecked::<Option<Vec<u8>>, _>(column.ordinal()).expect("bytes");
                    let value = value.unwrap_or_default();
                    told.extend([table, ".", column.name(), "=", &String::from_utf8_lossy(&value), ";"]);
                }
            }
        }
    }
    told
}

fn assert_nothing_told(told: &str) {
    for personal in
        ["ann", "phone-1", "Safari", "iOS", "Mozilla", "BR", "Paulo", "64500", "mobile", "admin:eve", "why", "call-1"]
    {
        assert!(!told.contains(personal), "{personal}: {told}");
    }
    assert!(told.contains("pwd") && told.contains("login_events.caller=login"), "{told}");
}

fn life(user: &str, unique: u8, from: u64) -> Vec<Event> {
    let session = session(user, unique);
    let mut events = vec![
        event(EventKind::Created, &session, from),
        event(EventKind::Ended(EndReason::Revoked), &session, from + 1),
        revoked_all(Scope::User(session.owner), "operation", from + 1),
    ];
    for event in &mut events {
        event.cause.reason = "why".into();
        event.cause.request_id = "call-1".into();
        event.cause.actor = "admin:eve".into();
    }
    events
}

/// Of the sample sessions, which were all made then.
const MADE: u64 = 1_700_000_000_123;

#[tokio::test]
async fn what_tells_of_the_person_is_erased_and_the_rest_stays() {
    let log = log().await;
    log.append(&life("ann", 1, MADE)).await.expect("appended");
    let owner = session("ann", 1).owner;
    let alert = "INSERT INTO alerts VALUES (1, 1, 0, 0, 'a', 'acme', 'ann', null, null, 'r', 1, 1, 5, 5, null, null, '', null, x'', 0)";
    sqlx::query(alert).execute(&log.pool).await.expect("an alert");
    let entry = Entry { kind: 99, at: MADE, owner: owner.to_bytes(), ..Entry::default() };
    let error = entry.decode().expect_err("an unknown kind");
    let refused = RefusedEntry::new(Position { bucket: Bucket(7), entry: "1-0".to_owned() }, entry, &error);
    log.set_aside(&refused).await.expect("set aside");

    let forgotten = log.forget(&owner, UnixMillis::new(MADE + 1)).await.expect("forgotten");

    assert_eq!(forgotten.retained, [("session_events", 3), ("login_events", 1), ("alerts", 1)]);
    assert_eq!(forgotten.erased, 3 + 1 + 1 + 1 + 1, "events, login, session, alert, refused entry");
    for table in ["sessions", "refused_events"] {
        assert_eq!(count(&log, table).await, 0, "{table}");
    }
    assert_nothing_told(&told(&log).await);
    let again = log.forget(&owner, UnixMillis::new(MADE + 1)).await.expect("forgotten");
    assert_eq!(again, Forgotten::default());
}

#[tokio::test]
async fn what_arrives_later_from_before_is_kept_without_the_person() {
    let log = log().await;
    let owner = session("ann", 1).owner;
    log.forget(&owner, UnixMillis::new(MADE + 1)).await.expect("forgotten");

    assert_eq!(log.append(&life("ann", 1, MADE)).await.expect("appended").added, 3);
    let entry = Entry { kind: 99, at: MADE, owner: owner.to_bytes(), record: b"ann".to_vec(), ..Entry::default() };
    let error = entry.decode().expect_err("an unknown kind");
    let refused = RefusedEntry::new(Position { bucket: Bucket(7), entry: "1-0".to_owned() }, entry, &error);
    log.set_aside(&refused).await.expect("set aside");

    assert_eq!(count(&log, "sessions").await, 0);
    assert_nothing_told(&told(&log).await);
}

#[tokio::test]
async fn others_and_what_happens_afterwards_are_kept_whole() {
    let log = log().await;
    log.append(&life("bob", 2, MADE)).await.expect("appended");
    let ann = session("ann", 1).owner;
    let forgotten = log.forget(&ann, UnixMillis::new(MADE - 1)).await.expect("forgotten");
    assert_eq!(forgotten, Forgotten::default());
    log.append(&life("ann", 1, MADE)).await.expect("appended");

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
        log.forget(&ann, UnixMillis::new(at)).await.expect("forgotten");
    }
    let mark: i64 = sqlx::query_scalar("SELECT at FROM forgotten_users").fetch_one(&log.pool).await.expect("a mark");
    assert_eq!(mark, 20);

    let last = UnixMillis::new(20).plus(forgotten::KEPT_FOR);
    for (now, marks) in [(last, 1), (last.plus(Duration::from_millis(1)), 0)] {
        log.keep_house(MaintenanceTurn::new(now, UnixMillis::default()).accepting_clock()).await.expect("kept");
        assert_eq!(count(&log, "forgotten_users").await, marks);
    }
}
