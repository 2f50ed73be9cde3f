//! No deletion depends on one clock alone.

use std::time::Duration;

use super::*;

const DAY: Duration = Duration::from_hours(24);
const NOW: UnixMillis = UnixMillis::new(1_700_000_000_123);
const RETENTION: Duration = Duration::from_hours(400 * 24);

fn turn(now: UnixMillis) -> MaintenanceRun {
    MaintenanceRun::new(now, now.minus(RETENTION))
}

/// Returns a log with logins of some users, one a day, the last one at `NOW`, and with a dead letter and an erasure
/// mark.
async fn used_log() -> SqliteEventLog {
    let log = log().await;
    for number in 0..10_u8 {
        let at = NOW.minus(u32::from(number) * DAY);
        let mut session = session(&format!("user-{number}"), number);
        (session.record.created_at, session.clock.last_active) = (at, at);
        session.clock.expires_at = at.plus(30 * DAY);
        log.append(&[event(EventKind::Created, &session, at.get())]).await.expect("appended");
    }
    let refused = "INSERT INTO refused_events (id, refused_at, error, bucket, entry, kind, reason, at_millis, subject,
                       owner, record, clock, cause)
                   VALUES ('a', ?, '', 0, '', 0, 0, 0, x'', x'', x'', x'', x'')";
    sqlx::query(refused).bind(integer(NOW)).execute(&log.pool).await.expect("a dead letter");
    log.erase_user(&session("eve", 77).owner, NOW).await.expect("a mark");
    log
}

async fn all_rows(log: &SqliteEventLog) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in ["session_events", "login_events", "sessions", "refused_events", "forgotten_users"] {
        rows.push(count(log, table).await);
    }
    rows.push(count(log, "sessions WHERE ended_at IS NULL").await);
    rows
}

async fn assert_stopped(log: &SqliteEventLog, run: MaintenanceRun) {
    let before = all_rows(log).await;
    let error = log.run_maintenance(run).await.expect_err("the clock is ahead");
    let AuditError::ClockAhead { .. } = &error else { panic!("{error}") };
    let text = error.to_string();
    assert!(text.starts_with("maintenance stopped: the clock is ") && text.contains("--accept-clock"), "{text}");
    assert_eq!(all_rows(log).await, before);
}

#[tokio::test]
async fn a_clock_years_ahead_erases_nothing() {
    let log = used_log().await;
    log.run_maintenance(turn(NOW)).await.expect("a run");
    let ahead = turn(NOW.plus(5 * 365 * DAY));
    assert_stopped(&log, ahead).await;
    // An event that was written under the wrong clock does not confirm it.
    let stray = event(EventKind::Created, &session("bob", 99), ahead.now.get());
    log.append(&[stray]).await.expect("appended");
    assert_stopped(&log, ahead).await;
    // With a correct clock, maintenance proceeds.
    log.run_maintenance(turn(NOW.plus(DAY))).await.expect("a run");
}

#[tokio::test]
async fn nothing_is_erased_by_the_first_turn_of_all_either() {
    assert_stopped(&used_log().await, turn(NOW.plus(5 * 365 * DAY))).await;
}

/// The counterpart: without the protection the audit is erased.
#[tokio::test]
async fn a_clock_that_is_accepted_removes_what_is_old_by_it() {
    let log = used_log().await;
    let ahead = turn(NOW.plus(5 * 365 * DAY)).with_accepted_clock();
    log.run_maintenance(ahead).await.expect("a run");
    assert_eq!(all_rows(&log).await, [1, 0, 0, 0, 0, 0], "only the newest event stays, to reserve its number");
    log.run_maintenance(turn(ahead.now.plus(DAY))).await.expect("a run without confirmation");
}

#[tokio::test]
async fn a_standstill_stops_nothing_while_nothing_is_due() {
    let log = used_log().await;
    log.run_maintenance(turn(NOW)).await.expect("a run");
    log.run_maintenance(turn(NOW.plus(20 * DAY))).await.expect("nothing is due");
}

#[tokio::test]
async fn events_stored_meanwhile_are_witnesses() {
    let log = used_log().await;
    log.run_maintenance(turn(NOW)).await.expect("a run");
    for week in 1..=70_u8 {
        let at = NOW.plus(u32::from(week) * 6 * DAY);
        let later = event(EventKind::Created, &session("bob", 100 + week), at.get());
        log.append(&[later]).await.expect("appended");
    }
    let kept = log.run_maintenance(turn(NOW.plus(425 * DAY))).await.expect("a run");
    assert!(kept.removed > 0, "{kept:?}");
}

#[tokio::test]
async fn time_that_the_process_was_running_needs_no_witness() {
    let log = used_log().await;
    log.run_maintenance(turn(NOW)).await.expect("a run");
    let later = turn(NOW.plus(420 * DAY));
    assert_stopped(&log, later).await;
    let kept = log.run_maintenance(MaintenanceRun { since_last_run: 420 * DAY, ..later }).await.expect("a run");
    assert!(kept.removed > 0, "{kept:?}");
}

#[tokio::test]
async fn a_clock_that_was_behind_for_a_while_needs_no_word() {
    let log = used_log().await;
    log.run_maintenance(turn(NOW)).await.expect("a run");
    log.run_maintenance(turn(NOW.minus(300 * DAY))).await.expect("nothing is due");
    let kept = log.run_maintenance(turn(NOW.plus(DAY))).await.expect("clock corrected");
    assert_eq!(kept.removed, 0);
}
