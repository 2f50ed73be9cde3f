//! Maintenance of PostgreSQL: partitions and retention.

use std::{sync::Arc, time::Duration};

use session_authority::{
    audit::{self, AuditError, MaintenanceReport, MaintenanceRun},
    clock::{Clock, SystemClock},
    domain::{EndReason, EventKind, UnixMillis},
};
use sqlx::{AssertSqlSafe, Executor};
use tokio_util::sync::CancellationToken;

use super::{
    fixture::{connect_audit, open, row_counts},
    logins::{NOW, login},
    postgres::event,
};
use crate::support::postgres::PostgresServer;

const DAY: Duration = Duration::from_hours(24);
/// A time before all events of these tests.
const LONG_AGO: UnixMillis = UnixMillis::new(1_000_000_000_000);

/// Returns the partitions of a table with their numbers of rows, without empty default partitions.
async fn partitions(url: &str, table: &'static str) -> Vec<(String, i64)> {
    let names = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1";
    let names: Vec<String> =
        sqlx::query_scalar(names).bind(table).fetch_all(&mut connect_audit(url).await).await.expect("partitions");
    let mut found = Vec::new();
    for name in names {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {name}"));
        let rows = sqlx::query_scalar(count).fetch_one(&mut connect_audit(url).await).await.expect("a count");
        if rows > 0 || !name.ends_with("_default") {
            found.push((name, rows));
        }
    }
    found
}

#[tokio::test]
async fn months_are_made_ahead_and_what_lay_apart_is_moved_into_them() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let events: Vec<_> = [(1, NOW), (2, NOW.minus(20 * DAY)), (3, NOW.minus(90 * DAY)), (4, NOW.plus(400 * DAY))]
        .map(|(number, at)| event(EventKind::Created, &login("ann", number).session, at))
        .into();
    log.append(&events).await.expect("appended");
    assert_eq!(partitions(&url, "session_events").await, [("session_events_default".to_owned(), 4)]);

    let kept = log.run_maintenance(MaintenanceRun::new(NOW, LONG_AGO).with_accepted_clock()).await.expect("kept");

    assert_eq!(kept, MaintenanceReport { partitions_created: 10, removed: 0, has_more: false });
    for table in ["session_events", "login_events"] {
        let months = [("2023_10", 1), ("2023_11", 1), ("2023_12", 0), ("2024_01", 0), ("2024_02", 0), ("default", 2)];
        assert_eq!(partitions(&url, table).await, months.map(|(month, rows)| (format!("{table}_{month}"), rows)));
    }
    assert_eq!(log.append(&events).await.expect("known").added, 0, "the moved ones too");
    assert_eq!(
        log.run_maintenance(MaintenanceRun::new(NOW, LONG_AGO).with_accepted_clock()).await.expect("kept"),
        MaintenanceReport::default()
    );
    let next = log
        .run_maintenance(MaintenanceRun::new(NOW.plus(20 * DAY), LONG_AGO).with_accepted_clock())
        .await
        .expect("kept");
    assert_eq!(next, MaintenanceReport { partitions_created: 2, ..MaintenanceReport::default() }, "a month later");

    let later = event(EventKind::Created, &login("ann", 5).session, NOW.plus(30 * DAY));
    log.append(&[later]).await.expect("appended");
    assert!(partitions(&url, "login_events").await.contains(&("login_events_2023_12".to_owned(), 1)));
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    log.run_maintenance(MaintenanceRun::new(NOW, LONG_AGO).with_accepted_clock()).await.expect("partitions");
    let (mut live, over) = (login("ann", 1).session, login("ann", 2).session);
    live.clock.expires_at = NOW.plus(90 * DAY);
    let strange = login("ann", 3).session;
    log.append(&[
        event(EventKind::Created, &live, NOW),
        event(EventKind::Created, &over, NOW),
        event(EventKind::Ended(EndReason::Expired), &over, NOW.plus(DAY)),
        event(EventKind::Created, &strange, NOW.minus(400 * DAY)),
    ])
    .await
    .expect("appended");
    let alert = "INSERT INTO alerts VALUES (1, 0, 0, 0, gen_random_uuid(), 'acme', 'ann', NULL, NULL, 'rule', 1, 3,
                     to_timestamp(1700000000), to_timestamp(1700000001), NULL, NULL, 'reason', NULL, '')";
    connect_audit(&url).await.execute(alert).await.expect("an alert");

    // The partition of that month is kept; the end is one day too recent.
    let kept = log
        .run_maintenance(MaintenanceRun::new(NOW.plus(DAY), NOW.plus(DAY)).with_accepted_clock())
        .await
        .expect("kept");
    assert_eq!(
        kept,
        MaintenanceReport { partitions_created: 0, removed: 2 + 2 + 1, has_more: false },
        "October twice, the unknown one twice, an alert"
    );
    assert_eq!(row_counts(&url).await, [3, 2, 0]);

    let kept = log
        .run_maintenance(MaintenanceRun::new(NOW.plus(DAY), NOW.plus(17 * DAY)).with_accepted_clock())
        .await
        .expect("kept");
    assert_eq!(
        kept,
        MaintenanceReport { partitions_created: 0, removed: 2 + 2, has_more: false },
        "November twice, the session that ended, and an active one"
    );
    assert_eq!(row_counts(&url).await, [0, 0, 0]);
    let left: Vec<String> = sqlx::query_scalar("SELECT session_id FROM sessions ORDER BY 1")
        .fetch_all(&mut connect_audit(&url).await)
        .await
        .expect("rows");
    assert_eq!(left, [live.id.to_string()], "the active one, however old");
}

#[tokio::test]
async fn expired_sessions_without_an_ending_are_ended() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let [mut lost, mut late, ended] = [1, 2, 3].map(|number| login("ann", number).session);
    lost.clock.expires_at = NOW.minus(DAY).minus(Duration::from_millis(1));
    late.clock.expires_at = NOW.minus(DAY);
    let end = event(EventKind::Ended(EndReason::Revoked), &ended, NOW.minus(3 * DAY));
    log.append(&[event(EventKind::Created, &lost, NOW), event(EventKind::Created, &late, NOW), end])
        .await
        .expect("appended");

    log.run_maintenance(MaintenanceRun::new(NOW, LONG_AGO).with_accepted_clock()).await.expect("kept");

    let ends: Vec<(String, Option<String>, Option<bool>)> =
        sqlx::query_as("SELECT session_id, end_reason, ended_at = expires_at FROM sessions ORDER BY created_at")
            .fetch_all(&mut connect_audit(&url).await)
            .await
            .expect("rows");
    let expected = [
        (lost.id.to_string(), Some("expired".to_owned()), Some(true)),
        (late.id.to_string(), None, None),
        (ended.id.to_string(), Some("revoked".to_owned()), Some(false)),
    ];
    assert_eq!(ends, expected);
}

#[tokio::test]
async fn much_that_is_too_old_goes_part_by_part() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let many = "INSERT INTO session_events (event_id, at, kind, scope)
                SELECT gen_random_uuid(), to_timestamp(n), 'revoked_all', 'everyone' FROM generate_series(1, 6000) AS n";
    connect_audit(&url).await.execute(many).await.expect("rows");

    let kept = log.run_maintenance(MaintenanceRun::new(NOW, NOW.minus(DAY)).with_accepted_clock()).await.expect("kept");
    assert!(kept.has_more && kept.removed < 6000, "{kept:?}");

    let upkeep = audit::Maintenance::new(log, Arc::new(SystemClock), DAY).with_accepted_clock(true);
    let rest = upkeep.run_once().await.expect("kept");
    assert!(!rest.has_more, "{rest:?}");
    assert_eq!(row_counts(&url).await[0], 0);
}

#[tokio::test]
async fn marks_go_when_nothing_from_before_can_arrive() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    log.erase_user(&login("ann", 1).session.owner, NOW).await.expect("forgotten");
    let marks = async || -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM forgotten_users");
        count.fetch_one(&mut connect_audit(&url).await).await.expect("a count")
    };
    log.run_maintenance(MaintenanceRun::new(NOW.plus(30 * DAY), LONG_AGO).with_accepted_clock()).await.expect("kept");
    assert_eq!(marks().await, 1);
    log.run_maintenance(MaintenanceRun::new(NOW.plus(31 * DAY), LONG_AGO).with_accepted_clock()).await.expect("kept");
    assert_eq!(marks().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_nodes_at_a_time_do_it_once_while_others_append() {
    let url = PostgresServer::shared().await.database().await;
    let logs = [open(&url).await, open(&url).await, open(&url).await];
    let appending = async {
        for number in 0..50 {
            let created = event(EventKind::Created, &login("ann", number).session, NOW);
            logs[0].append(&[created]).await.expect("appended");
        }
    };
    let keeping = async |number: usize| {
        let mut made = 0;
        for _ in 0..5 {
            made += logs[number]
                .run_maintenance(MaintenanceRun::new(NOW, LONG_AGO).with_accepted_clock())
                .await
                .expect("kept")
                .partitions_created;
        }
        made
    };
    let ((), one, two, three) = tokio::join!(appending, keeping(0), keeping(1), keeping(2));

    assert_eq!(one + two + three, 10);
    let of_november = ("session_events_2023_11".to_owned(), 50);
    assert!(partitions(&url, "session_events").await.contains(&of_november));
}

/// While the default partition is detached, an event without a partition waits and is not given up.
#[tokio::test]
async fn an_event_without_a_partition_is_not_refused() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let created = event(EventKind::Created, &login("ann", 1).session, NOW);
    connect_audit(&url)
        .await
        .execute("ALTER TABLE session_events DETACH PARTITION session_events_default")
        .await
        .expect("gone");

    let error = log.append(std::slice::from_ref(&created)).await.expect_err("no partition");
    assert!(matches!(error, AuditError::Unavailable { .. }), "{error}");

    let back = "ALTER TABLE session_events ATTACH PARTITION session_events_default DEFAULT";
    connect_audit(&url).await.execute(back).await.expect("back");
    assert_eq!(log.append(&[created]).await.expect("appended").added, 1);
}

#[tokio::test]
async fn the_service_does_it_by_itself_and_says_when_it_cannot() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let served = super::schema::with_role(&url, "visitor").await;
    for (url, is_owner) in [(&served, false), (&url, true)] {
        let log = audit::open(url, false).await.expect("a log").log;
        let upkeep = audit::Maintenance::new(log, Arc::new(SystemClock), 400 * DAY);
        let (mut status, stop) = (upkeep.status(), CancellationToken::new());
        let reported = async {
            status.changed().await.expect("a run");
            stop.cancel();
        };
        tokio::join!(upkeep.run(stop.clone()), reported);
        let status = status.borrow();
        assert_eq!((status.completed_at.is_some(), status.failure.is_some()), (is_owner, !is_owner), "{status:?}");
    }
    assert_eq!(partitions(&url, "session_events").await.len(), 5);
}

#[tokio::test]
async fn a_role_without_the_right_gets_the_remedy_and_loses_nothing() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let served = super::schema::with_role(&url, "keeper").await;
    let log = audit::open(&served, false).await.expect("a log").log;

    let error =
        log.run_maintenance(MaintenanceRun::new(NOW, LONG_AGO).with_accepted_clock()).await.expect_err("forbidden");
    assert!(matches!(error, AuditError::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("session-authority migrate"), "{error}");
    let session = login("ann", 1).session;
    log.append(&[event(EventKind::Created, &session, NOW)]).await.expect("appended");
    let error = log.erase_user(&session.owner, NOW).await.expect_err("forbidden");
    assert!(matches!(error, AuditError::Forbidden { .. }), "{error}");
    assert_eq!(row_counts(&url).await, [1, 1, 0]);

    open(&url)
        .await
        .run_maintenance(MaintenanceRun::new(NOW, LONG_AGO).with_accepted_clock())
        .await
        .expect("the owner may");
    log.append(&[event(EventKind::Updated, &session, NOW)])
        .await
        .expect("appended to a partition that another role created");
    assert_eq!(partitions(&url, "session_events").await[1], ("session_events_2023_11".to_owned(), 2));
}

#[tokio::test]
async fn a_clock_ahead_of_what_is_stored_erases_nothing() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let sessions = [1, 2, 3].map(|number| login("ann", number).session);
    log.append(&sessions.each_ref().map(|session| event(EventKind::Created, session, NOW))).await.expect("appended");
    let turn = |now: UnixMillis| MaintenanceRun::new(now, now.minus(400 * DAY));
    log.run_maintenance(turn(NOW.plus(DAY))).await.expect("maintenance");
    let before = row_counts(&url).await;

    // A time more than two years later, by this clock and by that of the server.
    let ahead = turn(NOW.plus(800 * DAY));
    let error = log.run_maintenance(ahead).await.expect_err("the clock is ahead");
    assert!(matches!(error, AuditError::ClockAhead { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("maintenance stopped: the clock is 799 d 0 h ahead of the newest stored event"), "{text}");
    assert_eq!(row_counts(&url).await, before);
    let far = turn(UnixMillis::new(SystemClock.now().get()).plus(5 * 365 * DAY)).with_accepted_clock();
    let error = log.run_maintenance(far).await.expect_err("the server's clock is checked, too").to_string();
    assert!(error.contains("ahead of the clock of the database server"), "{error}");
    assert_eq!(row_counts(&url).await, before);

    // The counterpart: without the protection the rows are removed.
    log.run_maintenance(ahead.with_accepted_clock()).await.expect("maintenance");
    assert_eq!(row_counts(&url).await[..2], [0, 0]);
}

#[tokio::test]
async fn a_role_without_the_right_sees_whether_the_owner_does_the_upkeep() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let served = super::schema::with_role(&url, "watcher").await;
    let log = audit::open(&served, false).await.expect("a log").log;
    let owner = open(&url).await;
    let keep = async |now: UnixMillis, keep_from| log.run_maintenance(MaintenanceRun::new(now, keep_from)).await;
    assert!(matches!(keep(NOW, LONG_AGO).await, Err(AuditError::Forbidden { .. })), "not done by the owner");

    owner.run_maintenance(MaintenanceRun::new(NOW, LONG_AGO)).await.expect("the owner may");
    assert_eq!(keep(NOW, LONG_AGO).await.expect("done by the owner"), MaintenanceReport::default());
    // The month after next exists already, so an owner whose maintenance runs every month is never late.
    assert_eq!(keep(NOW.plus(60 * DAY), LONG_AGO).await.expect("done by the owner"), MaintenanceReport::default());
    let neglected = keep(NOW.plus(100 * DAY), LONG_AGO).await;
    assert!(matches!(neglected, Err(AuditError::Forbidden { .. })), "{neglected:?}");

    // October, November and later: partitions that are too old by more than a month should have been dropped.
    assert!(keep(NOW, NOW).await.is_ok());
    let neglected = keep(NOW, NOW.plus(50 * DAY)).await;
    assert!(matches!(neglected, Err(AuditError::Forbidden { .. })), "{neglected:?}");
}
