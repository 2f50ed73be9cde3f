//! Erasure of users from PostgreSQL.

use std::time::Duration;

use session_authority::{
    audit::{DeadLetter, EventLog, MaintenanceRun},
    domain::{Bucket, EndReason, Event, EventKind, Owner, Session},
    store::{OutboxPosition, outbox::OutboxEntry},
};
use sqlx::{AssertSqlSafe, Executor};

use super::{
    fixture::{connect_audit, open},
    logins::{NOW, login},
    postgres::event,
};
use crate::support::postgres::PostgresServer;

const TABLES: [&str; 5] = ["session_events", "login_events", "sessions", "alerts", "refused_events"];
const MINUTE: Duration = Duration::from_mins(1);

/// User names that occur in no other user's rows.
const ANN: &str = "ann-to-be-forgotten";
const BOB: &str = "bob-who-stays";

fn session_of(user: &str, number: u64) -> Session {
    let mut session = login(user, number).session;
    session.record.email = format!("{user}@example.com");
    session.record.device.name = format!("phone of {user}");
    session.record.location.city = format!("home of {user}");
    session
}

fn created(user: &str, number: u64) -> Event {
    let session = session_of(user, number);
    let at = session.record.created_at;
    let mut event = event(EventKind::Created, &session, at);
    event.cause.actor = format!("user:{user}");
    event.cause.operation_id = format!("operation of {user}");
    event.cause.request_id = format!("request of {user}");
    event
}

fn ended(user: &str, number: u64) -> Event {
    let mut event = event(EventKind::Ended(EndReason::Revoked), &session_of(user, number), NOW.plus(MINUTE / 2));
    event.cause.reason = format!("{user} asked for it");
    event
}

fn dead_letter(user: &str) -> DeadLetter {
    let owner = Owner::new("acme", user).expect("an owner");
    let record = format!("record of {user}").into_bytes();
    let entry = OutboxEntry { kind: 99, at: NOW.get(), owner: owner.to_bytes(), record, ..OutboxEntry::default() };
    let error = entry.decode().expect_err("an unknown kind");
    DeadLetter::new(OutboxPosition { bucket: Bucket(7), entry: format!("1-{}", user.len()) }, entry, &error)
}

async fn fill(url: &str, log: &dyn EventLog) {
    for user in [ANN, BOB] {
        log.append(&[created(user, 1), ended(user, 1), created(user, 2)]).await.expect("appended");
        log.dead_letter(&dead_letter(user)).await.expect("set aside");
        let alert = format!(
            "INSERT INTO alerts VALUES (1, 0, 0, 0, gen_random_uuid(), 'acme', '{user}', NULL, NULL, 'rule', 1, 3,
                 to_timestamp(1700000000), to_timestamp(1700000001), NULL, NULL, 'reason', NULL, '')"
        );
        connect_audit(url).await.execute(AssertSqlSafe(alert)).await.expect("an alert");
    }
}

/// Returns the rows of all tables that mention the user in any form.
async fn rows_mentioning(url: &str, user: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let hex = data_encoding::HEXLOWER.encode(user.as_bytes());
    // The common prefix of the IDs of all sessions of a user.
    let ids = login(user, 1).session.id.to_string()[..16].to_owned();
    for table in TABLES {
        let sql = format!("SELECT '{table} ' || to_jsonb({table})::text FROM {table}");
        let all: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connect_audit(url).await).await.expect("rows");
        rows.extend(all.into_iter().filter(|row| [user, &hex, &ids].iter().any(|needle| row.contains(*needle))));
    }
    rows
}

fn ann() -> Owner {
    Owner::new("acme", ANN).expect("an owner")
}

#[tokio::test]
async fn nothing_names_the_forgotten_user_and_other_users_are_kept() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    fill(&url, log.as_ref()).await;
    let of_bob = rows_mentioning(&url, BOB).await;
    assert_eq!(rows_mentioning(&url, ANN).await.len(), 9, "three events, two logins, two sessions, an alert, an entry");

    let forgotten = log.erase_user(&ann(), NOW.plus(MINUTE)).await.expect("forgotten");

    assert_eq!(forgotten.erased, 9);
    assert_eq!(forgotten.retained, [("session_events", 3), ("login_events", 2), ("alerts", 1)]);
    assert_eq!(rows_mentioning(&url, ANN).await, Vec::<String>::new());
    assert_eq!(rows_mentioning(&url, BOB).await, of_bob);
    let kept = "SELECT count(*) FROM session_events
                WHERE user_id IS NULL AND ip IS NULL AND tenant = 'acme' AND session_id IS NULL AND policy = 'default'";
    let kept: i64 = sqlx::query_scalar(kept).fetch_one(&mut connect_audit(&url).await).await.expect("a count");
    assert_eq!(kept, 3, "the events themselves are kept");

    let again = log.erase_user(&ann(), NOW.plus(MINUTE)).await.expect("forgotten");
    assert_eq!((again.erased, again.retained), (0, Vec::new()));
}

#[tokio::test]
async fn somebody_with_very_many_rows_is_forgotten_part_by_part() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    log.run_maintenance(MaintenanceRun::new(NOW, NOW.minus(MINUTE)).with_accepted_clock()).await.expect("partitions");
    let many = format!(
        "INSERT INTO session_events (event_id, at, kind, tenant, user_id)
         SELECT gen_random_uuid(), to_timestamp(1700000000 - 1000 * n), 'created', 'acme', user_id
         FROM generate_series(1, 12000) AS n, unnest(ARRAY['{ANN}', '{BOB}']) AS user_id"
    );
    connect_audit(&url).await.execute(AssertSqlSafe(many)).await.expect("rows");

    let forgotten = log.erase_user(&ann(), NOW).await.expect("forgotten");

    assert_eq!((forgotten.erased, forgotten.retained), (12_000, vec![("session_events", 12_000)]));
    assert_eq!(rows_mentioning(&url, ANN).await, Vec::<String>::new());
    assert_eq!(rows_mentioning(&url, BOB).await.len(), 12_000);
}

#[tokio::test]
async fn what_arrives_later_from_before_is_kept_without_the_person() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    log.erase_user(&ann(), NOW.plus(MINUTE)).await.expect("forgotten");

    fill(&url, log.as_ref()).await;
    connect_audit(&url).await.execute("DELETE FROM alerts").await.expect("alerts are another's");

    assert_eq!(rows_mentioning(&url, ANN).await, Vec::<String>::new());
    let rows: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM session_events WHERE user_id IS NULL),
                (SELECT count(*) FROM login_events WHERE user_id IS NULL),
                (SELECT count(*) FROM refused_events WHERE owner = '')",
    )
    .fetch_one(&mut connect_audit(&url).await)
    .await
    .expect("counts");
    assert_eq!(rows, (3, 2, 1));
}

/// The purpose of the mark: without it, the same events bring the person back.
#[tokio::test]
async fn without_the_mark_later_events_name_the_forgotten_user() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    log.erase_user(&ann(), NOW.plus(MINUTE)).await.expect("forgotten");
    connect_audit(&url).await.execute("DELETE FROM forgotten_users").await.expect("no mark");

    log.append(&[created(ANN, 1), ended(ANN, 1)]).await.expect("appended");

    assert_eq!(rows_mentioning(&url, ANN).await.len(), 4, "two events, a login, a session");
}

#[tokio::test]
async fn who_comes_back_is_known_again() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    log.erase_user(&ann(), NOW.plus(MINUTE)).await.expect("forgotten");
    log.erase_user(&ann(), NOW).await.expect("an earlier mark changes nothing");
    let mut late = created(ANN, 1);
    late.at = NOW.plus(MINUTE);
    // A session with that number is created as many milliseconds later.
    let mut after = created(ANN, 60_001);
    after.at = NOW.plus(MINUTE + Duration::from_millis(1));

    log.append(&[late, after]).await.expect("appended");

    assert_eq!(rows_mentioning(&url, ANN).await.len(), 3, "an event, a login, a session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_appended_at_the_same_time_is_forgotten_or_kept_without_the_person() {
    let url = PostgresServer::shared().await.database().await;
    let (log, other) = (open(&url).await, open(&url).await);
    let appending = async |log: &dyn EventLog, numbers: std::ops::Range<u64>| {
        for number in numbers {
            log.append(&[created(ANN, number), created(BOB, number)]).await.expect("appended");
        }
    };
    let forgetting = async {
        for _ in 0..10 {
            log.erase_user(&ann(), NOW.plus(MINUTE)).await.expect("forgotten");
        }
    };
    tokio::join!(appending(log.as_ref(), 0..40), appending(other.as_ref(), 40..80), forgetting);

    assert_eq!(rows_mentioning(&url, ANN).await, Vec::<String>::new());
    assert_eq!(rows_mentioning(&url, BOB).await.len(), 3 * 80);
}
